// Run the PP-OCRv4 recognition model on a line image and write Q, K, V of its two self-attention blocks as safetensors (F32).
// usage: ocr-qkv.mjs MODEL.onnx STRIP.pgm OUT.safetensors [--whole] [--keys KEYS.txt] [--fc FC.safetensors]
// Needs npm packages onnx-proto and onnxruntime-web. By default the graph is cut at the two attention blocks and softmax(QK'/sqrt d)V
// is computed here one query row at a time (O(n) memory, double precision); --whole lets onnxruntime hold the n x n matrices.
import { Buffer } from "node:buffer";
import fs from "node:fs";
import process from "node:process";
import onnxProto from "onnx-proto";
import * as ort from "onnxruntime-web";

const { onnx } = onnxProto;
const [modelPath, stripPath, outPath, ...rest] = process.argv.slice(2);
const flag = (name) => rest.includes(name) && (rest[rest.indexOf(name) + 1] ?? true);
const model = fs.readFileSync(modelPath);

// Names in ch_PP-OCRv4_rec_infer.onnx.
const QKV = ["transpose_44.tmp_0", "transpose_47.tmp_0"].map((t) => [0, 1, 2].map((j) => `${t}_slice_${j}`));
const ATTENDED = ["p2o.MatMul.5", "p2o.MatMul.17"];
const LOGITS = "p2o.Add.277";
const PROBS = "softmax_11.tmp_0";

const graph = onnx.ModelProto.decode(model).graph;
const maker = new Map(graph.node.flatMap((n) => n.output.map((o) => [o, n])));
const lastMatMul = maker.get(maker.get(LOGITS).input[0]); // activations x weights of the last layer
const ACT = lastMatMul.input[0];

// Keep what `outputs` need, with the tensors in `feeds` given from outside.
async function run(outputs, feeds) {
  const m = onnx.ModelProto.decode(model),
    g = m.graph;
  const need = new Set(),
    seen = new Set(),
    todo = [...outputs];
  while (todo.length) {
    const t = todo.pop();
    if (seen.has(t) || t in feeds) continue;
    seen.add(t);
    const n = maker.get(t);
    if (n) {
      need.add(n.output[0]);
      todo.push(...n.input);
    }
  }
  g.node = g.node.filter((n) => need.has(n.output[0]));
  for (const f of Object.keys(feeds))
    if (f !== "x")
      g.input.push({ name: f, type: { tensorType: { elemType: 1, shape: { dim: feeds[f].dims.map((d) => ({ dimValue: d })) } } } });
  g.output = outputs.map((name) => ({ name, type: { tensorType: { elemType: 1 } } }));
  ort.env.wasm.numThreads = 1;
  const s = await ort.InferenceSession.create(onnx.ModelProto.encode(m).finish(), {
    executionProviders: ["wasm"],
    graphOptimizationLevel: "disabled",
  });
  const r = await s.run(Object.fromEntries(s.inputNames.map((k) => [k, feeds[k]])));
  const out = outputs.map((name) => r[name]);
  await s.release();
  return out;
}

// softmax(q k' / sqrt d) v for dims [1, heads, n, d]
function attend([q, k, v]) {
  const [, heads, n, d] = q.dims,
    out = new Float32Array(heads * n * d),
    row = new Float64Array(n),
    acc = new Float64Array(d),
    c = 1 / Math.sqrt(d);
  for (let h = 0; h < heads; h++) {
    const o = h * n * d,
      Q = q.data.subarray(o, o + n * d),
      K = k.data.subarray(o, o + n * d),
      V = v.data.subarray(o, o + n * d);
    for (let i = 0; i < n; i++) {
      let top = -Infinity,
        sum = 0;
      for (let j = 0; j < n; j++) {
        let s = 0;
        for (let a = 0; a < d; a++) s += Q[i * d + a] * K[j * d + a];
        if ((row[j] = s * c) > top) top = row[j];
      }
      acc.fill(0);
      for (let j = 0; j < n; j++) {
        const e = Math.exp(row[j] - top);
        sum += e;
        for (let a = 0; a < d; a++) acc[a] += e * V[j * d + a];
      }
      for (let a = 0; a < d; a++) out[o + i * d + a] = acc[a] / sum;
    }
  }
  return new ort.Tensor("float32", out, q.dims);
}

function writeSafetensors(path, tensors) {
  const head = {},
    parts = [];
  let at = 0;
  for (const [name, { data, dims }] of Object.entries(tensors)) {
    head[name] = { dtype: "F32", shape: dims, data_offsets: [at, (at += data.byteLength)] };
    parts.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  }
  let text = JSON.stringify(head);
  text += " ".repeat((8 - (text.length % 8)) % 8);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  fs.writeFileSync(path, Buffer.concat([size, Buffer.from(text), ...parts]));
}

const pgm = fs.readFileSync(stripPath),
  [start, w] = pgm
    .subarray(0, 40)
    .toString("latin1")
    .match(/^P5\s+(\d+)\s+48\s+255\s/);
const W = Number(w),
  img = new Float32Array(3 * 48 * W);
for (let c = 0; c < 3; c++) for (let i = 0; i < 48 * W; i++) img[c * 48 * W + i] = (pgm[start.length + i] / 255 - 0.5) / 0.5;
const x = new ort.Tensor("float32", img, [1, 3, 48, W]);

let blocks, act, probs;
if (rest.includes("--whole")) {
  const r = await run([...QKV[0], ...QKV[1], ACT, PROBS], { x });
  [blocks, act, probs] = [[r.slice(0, 3), r.slice(3, 6)], r[6], r[7]];
} else {
  const first = await run(QKV[0], { x }),
    feeds = { x, [ATTENDED[0]]: attend(first) };
  const second = await run(QKV[1], feeds);
  feeds[ATTENDED[1]] = attend(second);
  [act] = await run([ACT], feeds);
  blocks = [first, second];
}
writeSafetensors(
  outPath,
  Object.fromEntries(blocks.flatMap((b, l) => b.map((t, j) => [`layer${l}.${"qkv"[j]}`, { data: t.data, dims: t.dims.slice(1) }]))),
);

const floats = (t) => (t.floatData?.length ? Float32Array.from(t.floatData) : new Float32Array(Uint8Array.from(t.rawData).buffer));
const constant = (name) => graph.initializer.find((t) => t.name === name) ?? maker.get(name).attribute[0].t;
const weights = floats(constant(lastMatMul.input[1])),
  bias = floats(constant(maker.get(LOGITS).input[1]));
const m = bias.length,
  d = weights.length / m,
  n = act.data.length / d;
if (flag("--fc")) {
  const byClass = new Float32Array(m * d);
  for (let i = 0; i < d; i++) for (let j = 0; j < m; j++) byClass[j * d + i] = weights[i * m + j];
  writeSafetensors(flag("--fc"), {
    weights: { data: byClass, dims: [m, d] },
    inputs: { data: act.data, dims: [n, d] },
    bias: { data: bias, dims: [m] },
  });
}
if (flag("--keys")) {
  // greedy CTC decoding: shows that the model reads the text
  const keys = fs.readFileSync(flag("--keys"), "utf8").split("\n");
  let text = "",
    last = 0;
  for (let i = 0; i < n; i++) {
    let best = 0,
      top = -Infinity;
    for (let j = 0; j < m; j++) {
      let s = bias[j];
      if (probs) s = probs.data[i * m + j];
      else for (let a = 0; a < d; a++) s += act.data[i * d + a] * weights[a * m + j];
      if (s > top) {
        top = s;
        best = j;
      }
    }
    if (best && best !== last) text += keys[best - 1] || " ";
    last = best;
  }
  console.log(text.slice(0, 160), "...", text.slice(-160));
}
console.log("n", n, "heads x n x d", blocks[0][0].dims.slice(1).join(" x "));
