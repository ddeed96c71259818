/** The four charts of a result, drawn for wide and for narrow screens, each with a sentence and its numbers. */
import type { Result } from "../result.js";
import { certificateChart } from "./certificate-chart.js";
import { errorChart } from "./error-chart.js";
import { headMaps } from "./head-map.js";
import type { TableData } from "./markup.js";
import { timeCharts } from "./time-chart.js";

export interface Chart {
  readonly id: "time" | "error" | "certificate" | "heads";
  readonly title: string;
  /** What the chart shows, in words, with its main figures. */
  readonly summary: string;
  readonly wide: string;
  readonly narrow: string;
  /** Names with their marks, where the drawing does not write them at the lines. */
  readonly legend?: readonly { readonly name: string; readonly sample: string }[];
  /** Where the legend is needed: always, or on narrow screens only. */
  readonly legendIn?: "both" | "narrow";
  readonly data: TableData;
  /** Two of these fit side by side. */
  readonly half?: boolean;
}

/** Every chart that the result has data for, in the order of the page. */
export function renderCharts(result: Result): readonly Chart[] {
  return [...headMaps(result), ...timeCharts(result), ...errorChart(result), ...certificateChart(result)];
}
