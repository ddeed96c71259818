// Exports of the bits kernels: inner products of packed signs. Tiled kernels: (args, tile, scratch). The ABI is in src/kernels/bits.ts.
export { signProducts } from "../signs";
