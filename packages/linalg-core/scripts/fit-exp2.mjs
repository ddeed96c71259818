// Prints the coefficients of the float32 exp2 kernel (assembly/exp2.ts): the polynomial of degree 5 with constant term 1 that is minimax in
// the relative error against 2^f on [-1/2, 1/2], by Lawson's iteration (weighted least squares, weights times the residual). The constant
// term is fixed so that 2^0 is exactly 1: a row whose maximum did not rise must not be rescaled.
const degree = 5,
  nodes = 400,
  rounds = 200;
const f = Array.from({ length: nodes }, (_, i) => 0.5 * Math.cos((Math.PI * (i + 0.5)) / nodes));
let weight = new Float64Array(nodes).fill(1 / nodes);
let c = [];
for (let round = 0; round < rounds; round++) {
  c = weightedFit(weight);
  const next = weight.map((w, i) => w * (Math.abs(relativeError(c, f[i])) + 1e-14));
  const sum = next.reduce((a, b) => a + b);
  weight = next.map((w) => w / sum);
}
const scan = Array.from({ length: 100001 }, (_, i) => Math.abs(relativeError(c, i / 100000 - 0.5)));
console.log("coefficients of f, f^2, ...:", c.map((v) => v.toPrecision(17)).join(", "));
console.log("largest relative error:", Math.max(...scan).toExponential(2));

function relativeError(c, x) {
  return (c.reduceRight((p, a) => p * x + a, 0) * x + 1) / 2 ** x - 1;
}
/** Normal equations by Gaussian elimination; 5 unknowns. */
function weightedFit(w) {
  const m = degree;
  const A = Array.from({ length: m }, () => new Float64Array(m + 1));
  for (let i = 0; i < nodes; i++) {
    const basis = Array.from({ length: m }, (_, k) => f[i] ** (k + 1) / 2 ** f[i]);
    const target = 1 - 1 / 2 ** f[i];
    for (let a = 0; a < m; a++) {
      for (let b = 0; b < m; b++) A[a][b] += w[i] * basis[a] * basis[b];
      A[a][m] += w[i] * basis[a] * target;
    }
  }
  for (let a = 0; a < m; a++)
    for (let r = a + 1; r < m; r++) {
      const factor = A[r][a] / A[a][a];
      for (let b = a; b <= m; b++) A[r][b] -= factor * A[a][b];
    }
  const x = new Array(m).fill(0);
  for (let a = m - 1; a >= 0; a--) {
    let s = A[a][m];
    for (let b = a + 1; b < m; b++) s -= A[a][b] * x[b];
    x[a] = s / A[a][a];
  }
  return x;
}
