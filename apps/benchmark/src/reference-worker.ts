/** Computes the rows it is given and ends. */
import { parentPort, workerData } from "node:worker_threads";
import { attentionRows, type RowsTask } from "./attention-rows.js";

const rows = attentionRows(workerData as RowsTask);
parentPort?.postMessage(rows, [rows.buffer]);
