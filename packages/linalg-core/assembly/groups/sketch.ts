// Exports of the sketch kernels: random embeddings of blocks of rows. Tiled kernels: (args, tile, scratch). The ABI is in src/kernels/sketch.ts.
export { addTile, hadamardTile, normalTile, pickTile, scatterSparse, scatterTile, signTile } from "../sketch";
