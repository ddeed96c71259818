/** What `list` prints: cases with their sizes, and rivals with how to get them. */
import { isInstalled, rivals } from "../rivals/index.js";
import type { Case, Size } from "./case.js";
import { sizeText } from "./select.js";

/** As text for people, or as JSON for programs. */
export function listText(cases: readonly Case[], json: boolean): string {
  const listed = rivals.map((rival) => {
    const installed = isInstalled(rival);
    const get = rival.get ?? (rival.home === "." ? "npm start installs it" : "npm run rivals");
    return { name: rival.name, engine: rival.engine, licence: rival.licence, installed, ...(installed ? {} : { get }) };
  });
  if (json) return JSON.stringify({ cases: cases.map(({ id, question, sizes }) => ({ id, question, sizes })), rivals: listed }, null, 1);
  const lines = cases.flatMap(({ id, question, sizes }) => [
    id,
    `  ${question}`,
    `  quick: ${sizesText(sizes.quick)}`,
    `  full:  ${sizesText(sizes.full)}`,
  ]);
  const width = Math.max(...listed.map(({ name }) => name.length));
  const rows = listed.map(
    ({ name, engine, installed, get }) =>
      `  ${name.padEnd(width)}  ${engine.padEnd(6)}  ${installed ? "installed" : `not installed: ${get}`}`,
  );
  return [...lines, "rivals", ...rows].join("\n");
}

/** Up to six sizes in full, more of them by count and n. */
function sizesText(sizes: readonly Size[]): string {
  if (sizes.length <= 6) return sizes.map(sizeText).join(" · ");
  const lengths = [...new Set(sizes.map(({ n }) => n))].join(", ");
  return `${sizes.length} sizes, n = ${lengths}`;
}
