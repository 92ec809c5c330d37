export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * The median of a quantity's ratio round by round. The two of a round ran next to each other, so what disturbed the
 * machine meanwhile disturbed both; a ratio of two medians would compare rounds that saw different weather.
 */
export function pairedRatio(ours, theirs) {
  return median(ours.map((value, round) => value / theirs[round]));
}

/** Student's t for 95 % between two bounds, by degrees of freedom, from 1 on. */
const students = [
  12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.1, 2.09,
];

/** What a ratio is by several measurements of it (their geometric mean), and the bounds of its confidence interval of 95 %. */
export function ratioOf(ratios) {
  const logs = ratios.map(Math.log);
  const mean = logs.reduce((sum, each) => sum + each, 0) / logs.length;
  const squares = logs.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (logs.length - 1) / logs.length);
  const reach = (students[logs.length - 2] ?? 2.09) * deviation;
  return { ratio: Math.exp(mean), low: Math.exp(mean - reach), high: Math.exp(mean + reach) };
}
