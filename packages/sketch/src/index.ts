export { rowsNeeded, rowsNeededPooled, upperShare } from "./sample-size.js";
