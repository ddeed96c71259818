/**
 * Writes the three ONNX graphs that ONNX Runtime is timed on, as protocol-buffer bytes.
 *
 *   gemm       c = MatMul(a, b)
 *   attention  o = MatMul(Softmax(scale · MatMul(q, Transpose(k))), v)
 *   fused      o = com.microsoft MultiHeadAttention(q, k, v), one head, scale 1/√d
 *
 * Source: onnx.proto3 of ONNX (field numbers below), opset 17. A message is a list of fields, a field is a tag (number · 8 + wire type)
 * and a varint (type 0), four bytes (5) or a length and its bytes (2).
 */

type Bytes = readonly number[];

const FLOAT = 1; // TensorProto.DataType
const DOUBLE = 11;

/**
 * The graph of one product.
 * @param m rows of a.
 * @param k columns of a, rows of b.
 * @param n columns of b.
 * @param double float64 instead of float32.
 * @returns a model with inputs a, b and output c.
 */
export function gemmModel(m: number, k: number, n: number, double: boolean): Uint8Array {
  const type = double ? DOUBLE : FLOAT;
  return model({
    nodes: [node("MatMul", ["a", "b"], ["c"])],
    inputs: [tensorInfo("a", type, [m, k]), tensorInfo("b", type, [k, n])],
    outputs: [tensorInfo("c", type, [m, n])],
  });
}

/**
 * Attention by its parts, as exporters write it.
 * @param n rows of q, k, v.
 * @param d their columns.
 * @param scale factor of the scores.
 * @returns a model with inputs q, k, v and output o.
 */
export function attentionModel(n: number, d: number, scale: number): Uint8Array {
  return model({
    nodes: [
      node("Transpose", ["k"], ["kt"], [integers("perm", [1, 0])]),
      node("MatMul", ["q", "kt"], ["products"]),
      node("Mul", ["products", "scale"], ["scores"]),
      node("Softmax", ["scores"], ["weights"], [integer("axis", 1)]),
      node("MatMul", ["weights", "v"], ["o"]),
    ],
    constants: [scalar("scale", scale)],
    inputs: ["q", "k", "v"].map((name) => tensorInfo(name, FLOAT, [n, d])),
    outputs: [tensorInfo("o", FLOAT, [n, d])],
  });
}

/**
 * Attention as one operator of ONNX Runtime.
 * @param n rows of q, k, v.
 * @param d their columns.
 * @returns a model with inputs q, k, v [1, n, d] and output o [1, n, d].
 */
export function fusedAttentionModel(n: number, d: number): Uint8Array {
  return model({
    nodes: [node("MultiHeadAttention", ["q", "k", "v"], ["o"], [integer("num_heads", 1)], "com.microsoft")],
    inputs: ["q", "k", "v"].map((name) => tensorInfo(name, FLOAT, [1, n, d])),
    outputs: [tensorInfo("o", FLOAT, [1, n, d])],
  });
}

interface Graph {
  readonly nodes: readonly Bytes[];
  readonly constants?: readonly Bytes[];
  readonly inputs: readonly Bytes[];
  readonly outputs: readonly Bytes[];
}

function model({ nodes, constants = [], inputs, outputs }: Graph): Uint8Array {
  const graph = [
    ...nodes.flatMap((bytes) => message(1, bytes)),
    ...text(2, "task"),
    ...constants.flatMap((bytes) => message(5, bytes)),
    ...inputs.flatMap((bytes) => message(11, bytes)),
    ...outputs.flatMap((bytes) => message(12, bytes)),
  ];
  const opset = (domain: string, version: number): Bytes => message(8, [...text(1, domain), ...varintField(2, version)]);
  return Uint8Array.from([...varintField(1, 8), ...message(7, graph), ...opset("", 17), ...opset("com.microsoft", 1)]);
}

function node(type: string, inputs: readonly string[], outputs: readonly string[], attributes: readonly Bytes[] = [], domain = ""): Bytes {
  return [
    ...inputs.flatMap((name) => text(1, name)),
    ...outputs.flatMap((name) => text(2, name)),
    ...text(4, type),
    ...attributes.flatMap((bytes) => message(5, bytes)),
    ...(domain ? text(7, domain) : []),
  ];
}

function integer(name: string, value: number): Bytes {
  return [...text(1, name), ...varintField(3, value), ...varintField(20, 2)];
}

function integers(name: string, values: readonly number[]): Bytes {
  return [...text(1, name), ...values.flatMap((value) => varintField(8, value)), ...varintField(20, 7)];
}

function scalar(name: string, value: number): Bytes {
  return [...varintField(2, FLOAT), ...text(8, name), ...message(9, [...new Uint8Array(Float32Array.of(value).buffer)])];
}

function tensorInfo(name: string, type: number, shape: readonly number[]): Bytes {
  const dimensions = shape.flatMap((length) => message(1, varintField(1, length)));
  return [...text(1, name), ...message(2, message(1, [...varintField(1, type), ...message(2, dimensions)]))];
}

function text(field: number, value: string): Bytes {
  return message(field, [...new TextEncoder().encode(value)]);
}

function message(field: number, bytes: Bytes): Bytes {
  return [...varint(field * 8 + 2), ...varint(bytes.length), ...bytes];
}

function varintField(field: number, value: number): Bytes {
  return [...varint(field * 8), ...varint(value)];
}

function varint(value: number): Bytes {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}
