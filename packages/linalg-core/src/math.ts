/**
 * Portable functions (subpath `@subquad/linalg-core/math`): the same bits on every engine, unlike those of `Math`.
 * Source: see each file.
 */
export { erf } from "./math/erf.js";
export { exp } from "./math/exp.js";
export { expm1 } from "./math/expm1.js";
export { hypot } from "./math/hypot.js";
export { logGamma } from "./math/log-gamma.js";
export { log } from "./math/log.js";
export { log1p } from "./math/log1p.js";
export { sincosPi, type CirclePoint } from "./math/sincospi.js";
export { tanh } from "./math/tanh.js";
