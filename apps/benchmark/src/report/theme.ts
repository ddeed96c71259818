/**
 * How the page looks: colours as CSS variables with light and dark values, and one mark a contender (colour, shape and dash).
 *
 * Text has a contrast of at least 4.5 : 1 on its ground and marks 3 : 1, in both schemes; no meaning hangs on colour alone.
 */

export interface SeriesStyle {
  readonly colour: string;
  readonly symbol: string;
  /** Dash pattern of the line; undefined: solid. */
  readonly dash?: string;
  /** Ours are drawn stronger. */
  readonly strong?: boolean;
}

const STYLES: Readonly<Record<string, SeriesStyle>> = {
  exact: { colour: "var(--blue)", symbol: "circle", strong: true },
  subquad: { colour: "var(--blue)", symbol: "circle", strong: true },
  "1 thread": { colour: "var(--blue)", symbol: "circle", strong: true },
  "2 threads": { colour: "var(--green)", symbol: "diamond", strong: true },
  "auto 0.01": { colour: "var(--green)", symbol: "diamond", strong: true },
  "auto 0.03": { colour: "var(--orange)", symbol: "triangle", strong: true, dash: "8 3" },
  "naive n x n": { colour: "var(--brown)", symbol: "square", dash: "2 3" },
  "mean of V": { colour: "var(--grey)", symbol: "times", dash: "1 3" },
  "FAVOR+ 256": { colour: "var(--purple)", symbol: "star", dash: "6 2 1 2" },
  "onnxruntime-web": { colour: "var(--pink)", symbol: "wye", dash: "7 3" },
  "onnxruntime-web (fused)": { colour: "var(--pink)", symbol: "plus", dash: "3 3" },
  "onnxruntime-node": { colour: "var(--red)", symbol: "triangle2", dash: "7 3" },
  "onnxruntime-node (fused)": { colour: "var(--red)", symbol: "asterisk", dash: "3 3" },
  "tfjs-wasm": { colour: "var(--orange)", symbol: "hexagon", dash: "5 2 1 2" },
  "jax-js": { colour: "var(--purple)", symbol: "cross", dash: "4 2" },
  "numpy-ts": { colour: "var(--teal)", symbol: "square2", dash: "7 2" },
  "ndarray-gemm": { colour: "var(--grey)", symbol: "diamond2", dash: "3 2" },
  "ml-matrix": { colour: "var(--brown)", symbol: "plus", dash: "2 2" },
  numeric: { colour: "var(--grey)", symbol: "times", dash: "1 3" },
};

/** The mark of a contender; unknown names share a plain one. */
export function styleOf(name: string): SeriesStyle {
  return STYLES[name] ?? { colour: "var(--grey)", symbol: "circle", dash: "2 2" };
}

const LIGHT = {
  ground: "#ffffff",
  panel: "#f5f6f8",
  line: "#d4d8de",
  ink: "#1b1f24",
  soft: "#545c66",
  accent: "#0b57b0",
  good: "#14713f",
  bad: "#b3261e",
  blue: "#1f63c4",
  green: "#12805c",
  orange: "#b85c00",
  brown: "#7a5a2b",
  grey: "#69717b",
  purple: "#7b45b8",
  pink: "#c02a7c",
  red: "#c2362b",
  teal: "#0b7b8a",
} as const;

const DARK: Readonly<Record<keyof typeof LIGHT, string>> = {
  ground: "#12151a",
  panel: "#1b2027",
  line: "#39414c",
  ink: "#e8ebef",
  soft: "#a7b0bb",
  accent: "#7db4ff",
  good: "#5fcf94",
  bad: "#ff8a80",
  blue: "#6ea8ff",
  green: "#4fd1a0",
  orange: "#f2a14a",
  brown: "#c9a56d",
  grey: "#98a2ae",
  purple: "#c39bf2",
  pink: "#f58bc4",
  red: "#ff8a7a",
  teal: "#55c7d6",
};

/** Colours by name; the chart colours are those that neither ground nor text use. */
export const palettes = { light: LIGHT, dark: DARK } as const;

/** The style sheet of the page. */
export function styleSheet(): string {
  return `
:root{color-scheme:light;${variables(LIGHT)}}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){color-scheme:dark;${variables(DARK)}}}
:root[data-theme=dark]{color-scheme:dark;${variables(DARK)}}
${RULES}`;
}

function variables(colours: Readonly<Record<string, string>>): string {
  return Object.entries(colours)
    .map(([name, value]) => `--${name}:${value};`)
    .join("");
}

const RULES = `
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main,header,footer{max-width:1120px;margin:0 auto;padding:0 20px}
header{display:flex;flex-wrap:wrap;gap:8px 24px;align-items:baseline;padding-top:28px}
h1{font-size:1.7rem;margin:0;letter-spacing:-.01em}
h2{font-size:1.25rem;margin:44px 0 6px}
h3{font-size:1.02rem;margin:0 0 4px}
.banner h2{margin:4px 0}
p{margin:6px 0 12px;max-width:76ch}
.soft,figcaption,.note{color:var(--soft)}
header p{flex-basis:100%;margin:0}
a{color:var(--accent)}
code{font:0.92em ui-monospace,SFMono-Regular,Menlo,monospace}
button{font:inherit;color:inherit;background:none;border:1px solid var(--line);border-radius:6px;padding:3px 10px;cursor:pointer}
button:hover{border-color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
#scheme{margin-left:auto}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:12px;margin:20px 0 8px;padding:0;list-style:none}
.tiles li{background:var(--panel);border:1px solid var(--line);border-radius:10px;padding:14px 16px}
.tiles b{display:block;font-size:1.65rem;line-height:1.2;font-variant-numeric:tabular-nums;letter-spacing:-.02em}
.tiles span{color:var(--soft);font-size:.9rem}
.banner{border:1px solid var(--bad);border-left-width:6px;border-radius:8px;padding:10px 16px;margin:16px 0}
.banner.mild{border-color:var(--orange)}
.good{color:var(--good)}.bad{color:var(--bad)}
figure{margin:14px 0 26px;padding:18px 20px;border:1px solid var(--line);border-radius:12px;background:var(--ground)}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,460px),1fr));gap:0 20px}
figcaption{margin:0 0 8px;max-width:80ch}
svg{max-width:100%;height:auto;color:var(--ink);display:block;overflow:visible}
svg text{font-family:inherit}
.narrow{display:none}
.legend{display:flex;flex-wrap:wrap;gap:2px 16px;margin:6px 0 0;padding:0;list-style:none;font-size:.85rem}
.legend li{display:flex;align-items:center;gap:6px}
.legend svg{width:34px;flex:none}
.in-wide{display:none}
details{margin-top:10px}
summary{cursor:pointer;color:var(--soft);font-size:.9rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.88rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:5px 12px 5px 0;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:600;white-space:nowrap}
td.num,th.num{text-align:right}
th button{border:0;padding:0;font-weight:600}
th[aria-sort=ascending] button::after{content:" \\2191"}
th[aria-sort=descending] button::after{content:" \\2193"}
tr.ours td:nth-child(3){font-weight:600}
tr.wrong .time{text-decoration:line-through}
tr[hidden]{display:none}
label{display:block;margin:8px 0}
input[type=search]{font:inherit;color:inherit;background:var(--panel);border:1px solid var(--line);border-radius:6px;padding:5px 10px;width:min(100%,340px)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 18px;margin:8px 0}
dt{color:var(--soft)}dd{margin:0}
footer{padding-top:24px;padding-bottom:48px;color:var(--soft);font-size:.9rem}
@media (max-width:640px){
main,header,footer{padding-left:14px;padding-right:14px}
.wide{display:none}.narrow{display:block}.in-wide{display:flex}
figure{padding:14px 12px}
h1{font-size:1.4rem}
dl{grid-template-columns:1fr}dt{margin-top:6px}
}
@media print{#scheme,label{display:none}figure,tr{break-inside:avoid}body{font-size:12px}}
`;
