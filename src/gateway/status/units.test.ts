import { describe, expect, it } from "vitest";
import { countOf, formatBytes, formatDuration, formatMilliseconds } from "./units.js";

describe("what is shown of a number", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [9949, "9.9 kB"],
    [9960, "10 kB"],
    [999_499, "999 kB"],
    [999_500, "1.0 MB"],
    [4_120_993_001, "4.1 GB"],
    [5e18, "5000 PB"],
  ])("%d bytes are %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [0, "0.0 ms"],
    [0.42, "0.4 ms"],
    [0.96, "1 ms"],
    [41.7, "42 ms"],
    [999.6, "1.0 s"],
    [3004, "3.0 s"],
    [12_600, "13 s"],
  ])("%d ms are %s", (ms, text) => expect(formatMilliseconds(ms)).toBe(text));

  it.each([
    [-5, "0 s"],
    [59_999, "59 s"],
    [60_000, "1 min"],
    [3_600_000, "1 h"],
    [12_345_000, "3 h 25 min"],
    [86_400_000, "1 d"],
    [2 * 86_400_000 + 4 * 3_600_000, "2 d 4 h"],
    [73 * 86_400_000, "73 days"],
  ])("a duration of %d ms is %s", (ms, text) => expect(formatDuration(ms)).toBe(text));

  it("one is not many", () => {
    expect([countOf(1, "fault"), countOf(1234, "fault"), countOf(0, "byte")]).toEqual([
      "1 fault",
      "1,234 faults",
      "0 bytes",
    ]);
  });
});
