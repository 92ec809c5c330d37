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
