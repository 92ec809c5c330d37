import { expect, test } from "vitest";
import { bounded } from "./bounded.js";

const never = (): Promise<never> => new Promise(() => undefined);
const late = (): Error => new Error("late");

test("work that does not end is given up with the time-out's error, and told so", async () => {
  let told: unknown;
  const waiting = bounded(1, undefined, late, (giveUp) => {
    giveUp((reason) => (told = reason));
    return never();
  });
  await expect(waiting).rejects.toThrow("late");
  expect(told).toMatchObject({ message: "late" });
});

test("an abort wins over the work and over the time", async () => {
  const controller = new AbortController();
  const waiting = bounded(60_000, controller.signal, late, never);
  const reason = new Error("stop");
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
});

test("a signal that has aborted already starts no work", async () => {
  let started = false;
  const reason = new Error("stop");
  const waiting = bounded(60_000, AbortSignal.abort(reason), late, () => {
    started = true;
    return never();
  });
  await expect(waiting).rejects.toBe(reason);
  expect(started).toBe(false);
});

test("work that ends in time leaves no listener on the signal", async () => {
  const { signal } = new AbortController();
  const listeners: string[] = [];
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  Object.assign(signal, {
    addEventListener: (...args: Parameters<typeof add>) => (listeners.push("added"), add(...args)),
    removeEventListener: (...args: Parameters<typeof remove>) => (listeners.push("removed"), remove(...args)),
  });
  await expect(bounded(60_000, signal, late, () => Promise.resolve("done"))).resolves.toBe("done");
  expect(listeners).toEqual(["added", "removed"]);
});
