import type { Scope } from "../runtime/scope.js";
import type { Steps } from "../runtime/steps.js";
import type { Block } from "./blocks.js";
import { golubKahan, type RawSvd } from "./svd-golub-kahan.js";
export function* jacobiSvd(scope: Scope, A: Block, columns: number | undefined): Steps<RawSvd> { return yield* golubKahan(scope, A, columns); }
