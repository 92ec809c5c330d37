/** Lines of the report: 80 columns, figures to the right. */
const width = 80;

export const times = (ratio) => (ratio === undefined ? "" : `${ratio.toFixed(2)}x`);

export function heading(text) {
  return `── ${text} ${"─".repeat(Math.max(0, width - text.length - 4))}`;
}

export function row(name, ...cells) {
  const [a, b, c, d, e, verdict] = cells;
  return `${name.padEnd(27)}${a.padStart(9)}${b.padStart(9)}${c.padStart(9)}${d.padStart(9)}${e.padStart(8)}  ${verdict}`.trimEnd();
}

/** A row in which the third figure is a range. */
export function rowWithRange(name, ...cells) {
  const [a, b, range, d, e, verdict] = cells;
  return `${name.padEnd(22)}${a.padStart(9)}${b.padStart(9)}${range.padStart(13)}${d.padStart(9)}${e.padStart(8)}  ${verdict}`.trimEnd();
}

/** Nothing for what a row does not have. */
export function fixed(value, digits) {
  return value === undefined || Number.isNaN(value) ? "" : value.toFixed(digits);
}

/** For what is judged by hundredths. */
export const exactTimes = (ratio) => `${ratio.toFixed(3)}x`;
