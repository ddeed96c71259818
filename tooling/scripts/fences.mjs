// TypeScript fences of Markdown files as programs. `// -> text` behind a statement says what it shows:
// an expression's value, a console.log's line, or the value of the variable just declared.
import { readFileSync } from "node:fs";
import ts from "typescript";

/**
 * The ts fences of a file; `ts no-run: reason` is only type-checked.
 * @returns {{ line: number, runs: boolean, reason: string, code: string }[]}
 */
export function fencesOf(path) {
  const fences = [];
  const lines = readFileSync(path, "utf8").split("\n");
  for (let i = 0; i < lines.length; i++) {
    const open = /^```(ts|typescript)\b\s*(.*)$/.exec(lines[i]);
    if (!open) continue;
    const start = i + 1;
    while (i + 1 < lines.length && !lines[i + 1].startsWith("```")) i++;
    const runs = !open[2].startsWith("no-run");
    fences.push({
      line: start + 1,
      runs,
      reason: runs ? "" : open[2].slice("no-run".length).replace(/^[:\s]+/, ""),
      code: lines.slice(start, i + 1).join("\n"),
    });
  }
  return fences;
}

/**
 * The code with every `// ->` turned into a call of `shows(values, expected, line)`, and how many there were.
 * @returns {{ code: string, count: number }}
 */
export function withAssertions(code) {
  const source = ts.createSourceFile("fence.ts", code, ts.ScriptTarget.ES2022, true);
  const edits = [];
  const visit = (node) => {
    if (ts.isStatement(node)) {
      const [comment] = ts.getTrailingCommentRanges(code, node.end) ?? [];
      const expected = comment && /^\/\/ ->\s*(.*?)\s*$/.exec(code.slice(comment.pos, comment.end))?.[1];
      const values = expected === undefined ? undefined : shown(node, source);
      if (values) edits.push({ node, values, expected });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  let text = code;
  for (const { node, values, expected } of edits.reverse()) {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    const call = `shows([${values.text}], ${JSON.stringify(expected)}, ${line + 1});`;
    text = values.replace
      ? text.slice(0, node.getStart(source)) + call + text.slice(node.end)
      : `${text.slice(0, node.end)} ${call}${text.slice(node.end)}`;
  }
  const written = code.match(/\/\/ ->/g)?.length ?? 0;
  if (written !== edits.length)
    throw new Error(`${written} \`// ->\` comments, but ${edits.length} of them stand behind a statement that shows something`);
  return { code: text, count: edits.length };
}

function shown(node, source) {
  if (ts.isExpressionStatement(node)) {
    const { expression } = node;
    const logs = ts.isCallExpression(expression) && expression.expression.getText(source) === "console.log";
    return {
      replace: true,
      text: logs ? expression.arguments.map((argument) => argument.getText(source)).join(", ") : expression.getText(source),
    };
  }
  if (ts.isVariableStatement(node)) {
    const names = node.declarationList.declarations.flatMap(({ name }) =>
      ts.isIdentifier(name) ? [name] : name.elements.map((e) => e.name),
    );
    return { replace: false, text: names.map((name) => name.getText(source)).join(", ") };
  }
  return undefined;
}

/**
 * `shows` as source text, for the same comparison in every runtime. Numbers are compared to the digits written, `…` (or `...`)
 * stands for anything, and other text is compared as written up to white space.
 */
export const showsSource = `
function show(value, nested) {
  if (typeof value === "string") return nested ? JSON.stringify(value) : value;
  if (ArrayBuffer.isView(value)) return show(Array.from(value), nested);
  if (Array.isArray(value)) return "[" + value.map((item) => show(item, true)).join(", ") + "]";
  if (value instanceof Error) return value.name + ": " + value.message;
  if (typeof value === "object" && value !== null) return "{ " + Object.entries(value).map(([key, item]) => key + ": " + show(item, true)).join(", ") + " }";
  return String(value);
}
function matches(actual, expected) {
  const number = /[-+]?\\d+(?:\\.\\d+)?(?:e[-+]?\\d+)?/gi;
  const plain = (text) => text.replace(/\\s+/g, " ").trim();
  const holes = plain(expected).split(/…|\\.\\.\\./);
  const wanted = holes.map((part) => part.split(number).map((s) => s.replace(/[\\\\^$.*+?()[\\]{}|]/g, "\\\\$&")).join("([-+]?\\\\d+(?:\\\\.\\\\d+)?(?:e[-+]?\\\\d+)?)"));
  const found = new RegExp("^" + wanted.join("[^]*?") + "$", "i").exec(plain(actual));
  if (!found) return false;
  return (plain(expected).match(number) ?? []).every((text, i) => {
    const [mantissa, exponent] = text.toLowerCase().split("e");
    const digits = mantissa.split(".")[1]?.length ?? 0;
    const value = Number(found[i + 1]);
    if (Number(text) === value) return true;
    const rounded = exponent === undefined ? value.toFixed(digits) : value.toExponential(digits);
    return Number(rounded) === Number(text);
  });
}
function shows(values, expected, line) {
  const actual = values.map((value) => show(value, false)).join(" ");
  if (!matches(actual, expected)) throw new Error("line " + line + ": expected " + expected + ", got " + actual);
}
`;
