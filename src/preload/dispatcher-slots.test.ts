import { afterEach, expect, test } from "vitest";
import { divert, fillSlots, isCovered, usesEnvProxy } from "./dispatcher-slots.js";

const slots = [Symbol.for("undici.globalDispatcher.1"), Symbol.for("undici.globalDispatcher.2")];
const before = slots.map((slot) => Object.getOwnPropertyDescriptor(globalThis, slot));
afterEach(() => {
  for (const [at, slot] of slots.entries()) {
    Reflect.deleteProperty(globalThis, slot);
    const was = before[at];
    if (was !== undefined) Object.defineProperty(globalThis, slot, was);
  }
});

test.each(["6", "7", "8"])("the fetch of a Node with undici %s is covered by what is in its slot", (major) => {
  const [mine, other] = [{}, {}];
  expect(fillSlots(mine)).toBe(true);
  expect(isCovered(mine, major)).toBe(true);
  expect(isCovered(other, major)).toBe(false);
});

test.each(["5", "9", undefined])("of a Node with undici %s nothing is known", (major) => {
  const mine = {};
  fillSlots(mine);
  // Undefined takes this Node's own.
  expect(isCovered(mine, major ?? "")).toBe(false);
});

test("whoever holds a dispatcher that was diverted asks ours", () => {
  const asked: unknown[] = [];
  const ours = {
    dispatch: (...given: unknown[]) => asked.push(given),
    close: () => undefined,
    destroy: () => undefined,
  };
  const other = { dispatch: () => 0 };
  divert(other, ours);
  (other.dispatch as (...given: unknown[]) => unknown)("options", "handler");
  expect(asked).toEqual([["options", "handler"]]);
});

test("Node's own way to go by variables is seen in a variable and in options", () => {
  expect(usesEnvProxy({ NODE_USE_ENV_PROXY: "1" })).toBe(true);
  expect(usesEnvProxy({ NODE_OPTIONS: "--enable-source-maps --use-env-proxy" })).toBe(true);
  expect(usesEnvProxy({ NODE_USE_ENV_PROXY: "0" })).toBe(false);
  expect(usesEnvProxy({})).toBe(false);
});
