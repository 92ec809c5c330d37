const steps = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

/** 999 B, 1.2 kB, 34 MB: decimal, two digits or three. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let step = 0;
  // 999.5 would be shown as 1000.
  while (value >= 999.5 && step < steps.length - 1) {
    value /= 1000;
    step++;
  }
  return `${step > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${steps[step]}`;
}

/** 0.4 ms, 12 ms, 1.2 s. */
export function formatMilliseconds(ms: number): string {
  if (ms >= 9950) return `${Math.round(ms / 1000)} s`;
  if (ms >= 999.5) return `${(ms / 1000).toFixed(1)} s`;
  return ms < 0.95 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];

/** 12 s, 5 min, 3 h 20 min, 2 d 4 h, 74 days. */
export function formatDuration(ms: number): string {
  if (ms < minute) return `${Math.max(0, Math.floor(ms / 1000))} s`;
  if (ms < hour) return `${Math.floor(ms / minute)} min`;
  if (ms < day) return pair(Math.floor(ms / hour), "h", Math.floor((ms % hour) / minute), "min");
  if (ms < 3 * day) return pair(Math.floor(ms / day), "d", Math.floor((ms % day) / hour), "h");
  return `${Math.floor(ms / day)} days`;
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

const grouped = new Intl.NumberFormat("en");

/** 12,345. */
export const formatCount = (count: number): string => grouped.format(count);

/** "1 connection", "2 connections". */
export const countOf = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;
