// Exports of the factor kernels: panels and updates of the factorizations. Tiled kernels: (args, tile, scratch). The ABI is in src/kernels/factor.ts.
export { cholesky, choleskyPivots, choleskyRows, solveColumns, solveTriangular } from "../cholesky";
export { columnDots, combineColumns } from "../columns";
export { luPanel } from "../lu";
export { axpy, dot, householderPanel, reflect, reflectColumns } from "../householder";
export { jacobiSweep } from "../jacobi";
export { applyRotations } from "../rotate";
