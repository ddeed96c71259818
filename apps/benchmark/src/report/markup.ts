/** Small pieces of HTML, every text escaped. */

/** A cell: its text, and the number to sort by when the text is not one. */
export interface Cell {
  readonly text: string;
  readonly sort?: number;
  readonly class?: string;
}

export interface TableData {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (Cell | string)[])[];
}

/** Text as HTML. */
export function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/**
 * A table in a box that scrolls sideways on small screens.
 * @param data columns and rows.
 * @param options `label` names it for screen readers; `sortable` makes headers buttons; `rowClass` marks rows.
 * @returns HTML.
 */
export function table(
  data: TableData,
  options: { readonly label: string; readonly sortable?: boolean; readonly rowClass?: (row: number) => string },
): string {
  const { label, sortable = false, rowClass } = options;
  const numeric = data.columns.map((_, column) =>
    data.rows.some((row) => typeof row[column] === "object" && row[column].sort !== undefined),
  );
  const head = data.columns.map((title, column) => {
    const inner = sortable ? `<button type="button">${escape(title)}</button>` : escape(title);
    return `<th scope="col"${numeric[column] ? ' class="num"' : ""}${sortable ? ' aria-sort="none"' : ""}>${inner}</th>`;
  });
  const body = data.rows.map((row, r) => {
    const cells = row.map((cell, column) => {
      const { text, sort, class: own = "" } = typeof cell === "string" ? ({ text: cell } as Cell) : cell;
      const classes = [numeric[column] ? "num" : "", own].filter(Boolean).join(" ");
      return `<td${classes ? ` class="${classes}"` : ""}${sort === undefined ? "" : ` data-sort="${sort}"`}>${escape(text)}</td>`;
    });
    const classes = rowClass?.(r) ?? "";
    return `<tr${classes ? ` class="${classes}"` : ""}>${cells.join("")}</tr>`;
  });
  const region = `<div class="scroll" role="region" aria-label="${escape(label)}" tabindex="0">`;
  return `${region}<table${sortable ? ' class="sortable"' : ""}><thead><tr>${head.join("")}</tr></thead><tbody>${body.join("\n")}</tbody></table></div>`;
}
