export { readMatrixMarket, type ReadMatrixMarketOptions } from "./matrix-market.js";
export { openNpy, type NpyFile, type OpenNpyOptions, type ReadControl } from "./open-npy.js";
export { parseNpy, readNpy, type ParseNpyOptions, type ReadNpyOptions } from "./npy.js";
export { readNpz, writeNpz, type ReadNpzOptions } from "./npz.js";
export {
  openSafetensors,
  writeSafetensors,
  type SafetensorsFile,
  type SafetensorsReadOptions,
  type TensorInfo,
  type WritableTensor,
} from "./safetensors.js";
export { writeMatrixMarket, type WriteMatrixMarketOptions } from "./write-matrix-market.js";
export { writeNpy, type WriteNpyOptions } from "./write-npy.js";
export type { ByteSource, RangeReader } from "./internal/byte-source.js";
export type { NpyDType } from "./internal/npy-types.js";
export type { RowBlock } from "./internal/row-blocks.js";
