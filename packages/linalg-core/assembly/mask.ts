// Which keys a query may see: causal (key j visible to query i iff j <= i + offset) and a dense mask.
// A hidden score becomes lowest<T>(), whose weight exp2TileMasked makes exactly 0.
import { lowest } from "./simd";

/** No mask, uint8 (1 = keep), or an array of T added to the scores (-Infinity hides). */
const KEEP: i32 = 1, ADD: i32 = 2;

@unmanaged
export class MaskArgs {
  logScale: f64; // log2(e), times which an added mask enters the scores
  reserved1: f64; reserved2: f64; reserved3: f64; reserved4: f64; reserved5: f64; reserved6: f64; reserved7: f64;
  causal: i32;
  offset: i32;
  maskKind: i32;
  mask: usize; // [queries][keys], row-major
  maskKeys: i32; // keys a row of the mask

  /** Every key from j on is hidden from every query up to `lastQuery`. */
  hidesBlock(lastQuery: i32, j: i32): bool {
    return this.causal != 0 && j > lastQuery + this.offset;
  }
  /** Some key before `end` may be hidden from `query` or a later one of its sliver. */
  hidesPart(query: i32, end: i32): bool {
    return this.maskKind != 0 || (this.causal != 0 && end - 1 > query + this.offset);
  }
}

/** scores [count keys][32 bytes of queries]. */
export function maskTile<T>(a: MaskArgs, query: i32, queries: i32, firstKey: i32, count: i32, scores: usize): void {
  for (let l = 0; l < queries; l++) {
    const i = query + l;
    let s = scores + <usize>l * sizeof<T>();
    const visible = a.causal ? min(count, max(0, i + a.offset + 1 - firstKey)) : count;
    if (a.maskKind) {
      const row = <usize>i * <usize>a.maskKeys + <usize>firstKey;
      const real = min(visible, a.maskKeys - firstKey); // padding keys have no column in the mask
      for (let k = 0; k < real; k++) {
        const at = s + <usize>k * 32;
        if (a.maskKind == KEEP) {
          if (!load<u8>(a.mask + row + <usize>k)) store<T>(at, lowest<T>());
        } else if (a.maskKind == ADD) {
          const added = load<T>(a.mask + (row + <usize>k) * sizeof<T>());
          if (<f64>added == -Infinity) store<T>(at, lowest<T>());
          else store<T>(at, load<T>(at) + <T>(<f64>added * a.logScale));
        }
      }
    }
    for (let k = visible; k < count; k++) store<T>(s + <usize>k * 32, lowest<T>());
  }
}
