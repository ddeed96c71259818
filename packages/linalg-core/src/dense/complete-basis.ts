/**
 * Orthonormal columns completed to more of them.
 *
 *   U  m × r orthonormal      the reflectors of its QR factorization, applied to unit vectors, give columns orthogonal to U
 *
 * Source: textbook.
 */
import { kernelsOf, runtime } from "../runtime/runtime.js";
import type { Scope } from "../runtime/scope.js";
import type { Steps } from "../runtime/steps.js";
import { applyReflectors } from "./block-reflector.js";
import { columnBlock, part, type Block } from "./blocks.js";
import { PANEL_WIDTH } from "./qr-factor.js";
import { factorKernels } from "../kernels/factor.js";

/**
 * Fills the columns from r on so that all are orthonormal.
 * @param U m × p, p ≤ m, columns side by side and packed; its first r columns are orthonormal.
 */
export function* completeBasis(scope: Scope, U: Block, r: number): Steps<void> {
  const { rows: m, columns: p } = U;
  if (r === p) return;
  const W = columnBlock(scope.alloc(8 * m * Math.max(1, r)), m, r);
  const tau = scope.alloc(8 * Math.max(1, r));
  const kernels = kernelsOf(factorKernels);
  const { memory } = runtime();
  memory.f64.copyWithin(W.address / 8, U.address / 8, U.address / 8 + m * r);
  kernels.householderPanel(m, r, W.address, W.columnBytes, tau);
  const rest = part(U, 0, m, r, p);
  memory.f64.fill(0, rest.address / 8, rest.address / 8 + m * (p - r));
  for (let j = r; j < p; j++) memory.f64[(U.address + j * U.columnBytes) / 8 + j] = 1;
  yield* applyReflectors(scope, W, r, tau, rest, false, PANEL_WIDTH);
  scope.free(W.address);
  scope.free(tau);
}
