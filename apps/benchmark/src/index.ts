/** The benchmark as a library: the documentation site draws its charts, tests drive its parts. */
export type { Case, CaseContext, Claim, Contender, Engine, Prepared, Role, Size, Values, Verified } from "./case.js";
export { measure, type MeasureOptions } from "./measure.js";
export type { Clock, Runnable, Sample } from "./timer.js";
export { fitExponent, median, quantile, ratioOfTimes, signTestInterval, type Exponent, type Interval, type Ratio } from "./statistics.js";
export type { BarResult, CaseResult, ClaimResult, ContenderResult, Environment, Result, Status } from "./result.js";
export { readResult, writeResult } from "./schema.js";
export { checkBars } from "./bars.js";
export { run, type Progress, type RunSettings } from "./run.js";
export { renderHtml } from "./report/html.js";
export { renderCharts, type Chart } from "./report/charts.js";
export { cases } from "../cases/index.js";
