import { expectTypeOf, test } from "vitest";
import type { NdArray } from "../src/array/types.js";
import { circularConvolve, circularConvolveAsync } from "../src/transform/circular-convolve.js";
import { fft, fftAsync } from "../src/transform/fft.js";
import { irfft, irfftAsync } from "../src/transform/irfft.js";
import { rfft, rfftAsync } from "../src/transform/rfft.js";
import type { Spectrum } from "../src/transform/spectrum.js";

test("operands, options and results", () => {
  expectTypeOf(fft).returns.toEqualTypeOf<Spectrum>();
  expectTypeOf(rfft).returns.toEqualTypeOf<Spectrum>();
  expectTypeOf(irfft).returns.toEqualTypeOf<NdArray>();
  expectTypeOf(circularConvolve).returns.toEqualTypeOf<NdArray>();
  expectTypeOf(fftAsync).returns.toEqualTypeOf<Promise<Spectrum>>();
  expectTypeOf(rfftAsync).returns.toEqualTypeOf<Promise<Spectrum>>();
  expectTypeOf(irfftAsync).returns.toEqualTypeOf<Promise<NdArray>>();
  expectTypeOf(circularConvolveAsync).returns.toEqualTypeOf<Promise<NdArray>>();
  fft([1, 2], null, { inverse: true });
  irfft({ re: [1, 2], im: new Float32Array(2) }, 3, { axis: 0 });
  // @ts-expect-error null says that there is no imaginary part
  fft([1, 2]);
  // @ts-expect-error n is needed
  irfft(rfft([1, 2]));
});
