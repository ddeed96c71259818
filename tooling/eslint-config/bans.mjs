// What the project bans, and what to use instead.

/** No result may depend on a clock or an unseeded generator. */
export const unseeded = [
  { object: "Math", property: "random", message: "Use rngFor(seed, purpose) of @subquad/linalg-core." },
  { object: "Date", property: "now", message: "No result may depend on a clock; measure time with performance.now()." },
];

/** Engines round these differently (only + - * / and sqrt are exact), so they would break equal bits across runtimes. */
export const inexactMath = "exp expm1 log log1p log2 log10 sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh hypot pow cbrt"
  .split(" ")
  .map((property) => ({ object: "Math", property, message: "Engines round it differently: use @subquad/linalg-core/math." }));

export const defaultExport = { selector: "ExportDefaultDeclaration", message: "Use a named export." };

/** `**` is Math.pow. A power of two written in literals is exact everywhere; nothing else is. */
export const inexactPower = [
  {
    selector: "BinaryExpression[operator='**']:not([left.value=2][right.type='Literal'], [left.value=2][right.argument.type='Literal'])",
    message: "`**` is Math.pow, which engines round differently: multiply, or use a literal power of 2.",
  },
  { selector: "AssignmentExpression[operator='**=']", message: "`**=` is Math.pow, which engines round differently: multiply." },
];

/** Kernels are plain loops over typed arrays. */
export const kernelStyle = [
  {
    selector: "CallExpression[callee.property.name=/^(forEach|map|reduce|filter|flatMap)$/]",
    message: "Kernels use plain loops: a callback an element is an order of magnitude slower.",
  },
];

/** An ndarray's accessors cost a call an element: pack to a typed array at the border instead. */
export const noAccessorInLoop = {
  meta: { type: "problem", schema: [], messages: { pack: "`.{{name}}(` of an ndarray inside a loop: pack to a typed array first." } },
  create(context) {
    const services = context.sourceCode.parserServices;
    const loops = new Set(["ForStatement", "ForOfStatement", "ForInStatement", "WhileStatement", "DoWhileStatement"]);
    return {
      "CallExpression > MemberExpression.callee[property.name=/^(get|set)$/]"(node) {
        if (!context.sourceCode.getAncestors(node).some((parent) => loops.has(parent.type))) return;
        const type = services.getTypeAtLocation(node.object);
        if (type.getProperty("stride")) context.report({ node, messageId: "pack", data: { name: node.property.name } });
      },
    };
  },
};
