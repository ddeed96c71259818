export {
  openSafetensors,
  writeSafetensors,
  type SafetensorsFile,
  type SafetensorsReadOptions,
  type TensorInfo,
  type WritableTensor,
} from "./safetensors.js";
export type { ByteSource, RangeReader } from "./internal/byte-source.js";
