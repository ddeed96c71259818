import { beforeAll, describe, expect, test } from "vitest";
import { pack } from "@subquad/test-kit";
import { files, readChecked } from "../src/files.js";
import { loadDataset, type AttentionHeads } from "../src/index.js";

/** As in NOTICE.md: max |q|, max |k|, max |v|, max |S| to two decimals. */
const notice: Readonly<Record<string, readonly (readonly [string, number, number, number, number])[]>> = {
  "ppocr-heads 512": [
    ["0.0", 3.17, 2.71, 2.57, 3.56],
    ["1.3", 12.49, 7.07, 4.51, 44.81],
    ["1.7", 2.92, 4.21, 4.0, 3.2],
  ],
  "ppocr-heads 8192": [
    ["0.0", 3.16, 2.71, 2.92, 4.18],
    ["1.3", 13.66, 7.07, 4.5, 50.66],
    ["1.7", 3.12, 4.46, 4.34, 4.47],
  ],
  "gpt-heads 1024": [
    ["0.0", 6.26, 5.34, 5.35, 15.13],
    ["1.2", 7.96, 8.34, 4.11, 44.02],
  ],
};

describe("fixtures: the figures of NOTICE.md", () => {
  test.each(Object.keys(notice))("%s", async (key) => {
    const [name, n] = key.split(" ") as ["ppocr-heads", string];
    const data = await loadDataset(name, { n: Number(n) });
    for (const [id, q, k, v, s] of notice[key]!) {
      const head = data.heads.find((candidate) => candidate.id === id)!;
      expect([id, largest(head.Q), largest(head.K), largest(head.V)].map(String)).toEqual([id, q, k, v].map(String));
      if (data.n <= 1024) expect(largestScore(data, id).toFixed(2)).toBe(s.toFixed(2));
    }
  });
});

describe("shape of the data", () => {
  let ocr: AttentionHeads;
  beforeAll(async () => {
    ocr = await loadDataset("ppocr-heads", { n: 2048 });
  });

  test("16 heads in two layers, stacked and apart", () => {
    expect([ocr.Q.shape, ocr.K.shape, ocr.V.shape]).toEqual([[16, 2048, 15], [16, 2048, 15], [16, 2048, 15]]); // prettier-ignore
    expect(ocr.heads.map(({ id }) => id)).toEqual([0, 1].flatMap((layer) => Array.from({ length: 8 }, (_, head) => `${layer}.${head}`)));
    expect([ocr.causal, ocr.scale, ocr.d, ocr.n, ocr.Q.dtype]).toEqual([false, 1 / Math.sqrt(15), 15, 2048, "float32"]);
    expect(ocr.source).toBe("attn-ppocrv4-n8192.safetensors, rows 0 to 2047 of 8192");
    const head = ocr.heads[11]!;
    expect([head.layer, head.head, head.K.shape]).toEqual([1, 3, [2048, 15]]);
    expect(head.K.data).toBe(ocr.K.data); // a view
    expect(head.K.get(7, 3)).toBe(ocr.K.get(11, 7, 3));
    expect(ocr.layers.map(({ V }) => V.shape)).toEqual([[8, 2048, 15], [8, 2048, 15]]); // prettier-ignore
    expect(ocr.layers[1]!.V.get(3, 100, 14)).toBe(ocr.heads[11]!.V.get(100, 14));
  });

  test("fewer rows are the first rows", async () => {
    const all = await loadDataset("ppocr-heads");
    expect([all.n, all.source]).toEqual([8192, "attn-ppocrv4-n8192.safetensors"]);
    for (const index of [0, 11]) {
      const rows = pack(all.heads[index]!.Q).subarray(0, 2048 * 15);
      expect(pack(ocr.heads[index]!.Q)).toEqual(rows);
    }
    expect((await loadDataset("ppocr-heads", { n: 512 })).source).toBe("attn-ppocrv4-n512.safetensors");
    expect((await loadDataset("ppocr-heads", { n: 3 })).source).toBe("attn-ppocrv4-n512.safetensors, rows 0 to 2 of 512");
  });

  test("causal heads of the small model", async () => {
    const gpt = await loadDataset("gpt-heads");
    expect([gpt.Q.shape, gpt.causal, gpt.scale, gpt.heads.length, gpt.layers.length]).toEqual([
      [8, 1024, 32],
      true,
      1 / Math.sqrt(32),
      8,
      2,
    ]);
  });

  test("two loads share nothing", async () => {
    const [a, b] = await Promise.all([loadDataset("gpt-heads", { n: 4 }), loadDataset("gpt-heads", { n: 4 })]);
    a.Q.data.fill(0);
    expect(largest(b.Q)).toBeGreaterThan(0);
  });
});

describe("errors", () => {
  test("names, sizes, options, abort", async () => {
    const any = (value: unknown): never => value as never;
    await expect(loadDataset(any("iris"))).rejects.toMatchObject({ code: "ERR_OPTION" });
    for (const n of [0, 8193, 1.5, NaN, any("512")])
      await expect(loadDataset("ppocr-heads", { n })).rejects.toMatchObject({ code: "ERR_OPTION" });
    await expect(loadDataset("gpt-heads", { n: 1025 })).rejects.toMatchObject({ code: "ERR_OPTION", got: 1025 });
    await expect(loadDataset("gpt-heads", any({ rows: 5 }))).rejects.toMatchObject({ code: "ERR_OPTION" });
    const reason = new Error("enough");
    await expect(loadDataset("gpt-heads", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test("a file with another checksum is refused", async () => {
    const { url } = files["attn-tinygpt-n1024.safetensors"];
    await expect(readChecked("tinygpt", { url, sha256: "00" })).rejects.toThrow("expected SHA-256 00 of tinygpt, got d3d6a4e35a3920e9");
  });
});

function largest(A: Parameters<typeof pack>[0]): number {
  return Number(pack(A).reduce((top, x) => Math.max(top, Math.abs(x)), 0).toFixed(2)); // prettier-ignore
}

function largestScore({ heads, d, n, causal, scale }: AttentionHeads, id: string): number {
  const head = heads.find((candidate) => candidate.id === id)!;
  const [q, k] = [pack(head.Q), pack(head.K)];
  let top = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < (causal ? i + 1 : n); j++) {
      let s = 0;
      for (let c = 0; c < d; c++) s += q[i * d + c]! * k[j * d + c]!;
      top = Math.max(top, Math.abs(s * scale));
    }
  }
  return top;
}
