export { datasetNames, loadDataset, type DatasetName, type LoadOptions } from "./load.js";
export type { AttentionHead, AttentionHeads, HeadArrays } from "./heads.js";
export { gaussianHead, type GaussianHeadOptions } from "./gaussian-head.js";
export { plantFarQueries, plantHeavyKey, type PlantedKey, type PlantedQueries } from "./planted.js";
export { resampleHead } from "./resample.js";
