import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Waits } from "./waits.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a wait is over after its length, and at the latest a quarter of it later", () => {
  const waits = new Waits(1000);
  const ended: string[] = [];
  waits.begin(() => ended.push("first"));
  vi.advanceTimersByTime(600);
  waits.begin(() => ended.push("second"));
  vi.advanceTimersByTime(399);
  expect(ended).toEqual([]);
  vi.advanceTimersByTime(251);
  expect(ended).toEqual(["first"]);
  vi.advanceTimersByTime(349);
  expect(ended).toEqual(["first"]);
  vi.advanceTimersByTime(251);
  expect(ended).toEqual(["first", "second"]);
});

test("a wait that was stopped is never over, and no timer runs where nobody waits", () => {
  const waits = new Waits(1000);
  const over = vi.fn<() => void>();
  waits.stop(waits.begin(over));
  vi.advanceTimersByTime(5000);
  expect(over).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});

test("who begins again when a wait is over waits for the whole length once more", () => {
  const waits = new Waits(1000);
  let times = 0;
  const again = (): void => {
    times++;
    waits.begin(again);
  };
  waits.begin(again);
  vi.advanceTimersByTime(10_000);
  expect(times).toBe(8);
});
