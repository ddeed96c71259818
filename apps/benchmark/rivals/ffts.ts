/** Fourier transforms in plain JavaScript, float64: each keeps its tables, and writes where it likes best. */
import type { Rival } from "./rival.js";
import { loadPackage } from "./load.js";
import { joined } from "./rows.js";

const shared = { home: ".", engine: "js", licence: "MIT" } as const;

interface FftJs {
  createComplexArray(): number[];
  realTransform(out: number[], x: ArrayLike<number>): void;
}

/** fft.js: radix 4, real input, pairs in an array that is used again. */
export const fftJs: Rival = {
  ...shared,
  name: "fft.js",
  packages: ["fft.js"],
  async rfft(x) {
    const { module, version } = await loadPackage("fft.js", ".");
    const transform = new (module as { default: new (n: number) => FftJs }).default(x.length);
    const out = transform.createComplexArray();
    const half = x.length / 2 + 1;
    const run = (): number[] => {
      transform.realTransform(out, x);
      return out;
    };
    const read = (): Float64Array => Float64Array.from({ length: 2 * half }, (_, p) => (p < half ? out[2 * p]! : out[2 * (p - half) + 1]!));
    return { version, run, read };
  },
};

/** fourier-transform: split radix, real input, real and imaginary parts in arrays of its own. */
export const fourierTransform: Rival = {
  ...shared,
  name: "fourier-transform",
  packages: ["fourier-transform"],
  async rfft(x) {
    const { module, version } = await loadPackage("fourier-transform", ".");
    const { fft } = module as { fft(x: Float64Array): readonly [Float64Array, Float64Array] };
    return { version, run: () => fft(x), read: (parts) => joined(...(parts as readonly [Float64Array, Float64Array])) };
  },
};

interface MlFft {
  init(n: number): void;
  fft1d(re: Float64Array, im: Float64Array): void;
}

/** ml-fft: radix 2 in place, so that the input is copied before each run. */
export const mlFft: Rival = {
  ...shared,
  name: "ml-fft",
  packages: ["ml-fft"],
  async rfft(x) {
    const { module, version } = await loadPackage("ml-fft", ".");
    const { FFT } = (module as { default: { FFT: MlFft } }).default;
    const [re, im] = [new Float64Array(x.length), new Float64Array(x.length)];
    const half = x.length / 2 + 1;
    FFT.init(x.length);
    const run = (): Float64Array => {
      re.set(x);
      im.fill(0);
      FFT.fft1d(re, im);
      return re;
    };
    return { version, run, read: () => joined(re.subarray(0, half), im.subarray(0, half)) };
  },
};
