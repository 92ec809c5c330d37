import { dispatcherSlots as slots } from "../base/dispatcher-slots.js";
import { unknownFetch } from "./faults-warnings.js";

/** By undici's major. */
const slotOfMajor = new Map<string, symbol>([
  ["6", slots[0]],
  ["7", slots[0]],
  ["8", slots[1]],
]);

/**
 * Puts a dispatcher into all slots. It must be there before any undici is loaded, which fills the empty ones with its own; and
 * it replaces what Node itself put there for NODE_USE_ENV_PROXY=1. A program that sets another one later gets that. False where
 * a slot cannot be had.
 */
export function fillSlots(dispatcher: object): boolean {
  return slots.every((slot) => {
    const isTaken = Object.getOwnPropertyDescriptor(globalThis, slot) !== undefined;
    // undici makes the property writable and not configurable: of such a one the value alone can be defined.
    const rest = isTaken ? {} : { writable: true, enumerable: false, configurable: true };
    return Reflect.defineProperty(globalThis, slot, { value: dispatcher, ...rest });
  });
}

/** Whether Node goes by proxy variables itself. It sets that up when preloads have run, and takes the slots back for it. */
export function usesEnvProxy(variables: Readonly<Record<string, string | undefined>>): boolean {
  const options = [...process.execArgv, variables["NODE_OPTIONS"] ?? ""].join(" ");
  return variables["NODE_USE_ENV_PROXY"] === "1" || /--use-env-proxy\b/.test(options);
}

/** Makes another dispatcher do as this one does, whoever holds it. */
export function divert(other: object, dispatcher: object): void {
  for (const name of ["dispatch", "close", "destroy"] as const) {
    const method = (dispatcher as Record<typeof name, (...given: unknown[]) => unknown>)[name];
    Object.defineProperty(other, name, { value: method.bind(dispatcher), writable: true, configurable: true });
  }
}

/** Whether the built-in fetch of this Node will ask that dispatcher. `major` is that of the undici which Node was built with. */
export function isCovered(dispatcher: object, major = process.versions["undici"]?.split(".")[0]): boolean {
  const slot = slotOfMajor.get(major ?? "");
  return slot !== undefined && (globalThis as unknown as Record<symbol, unknown>)[slot] === dispatcher;
}

/** Makes the built-in clients fail, and says so once: in a Node that nobody has tried this with they must not get out directly. */
export function refuseBuiltIns(): void {
  const message = unknownFetch(process.versions.node);
  process.emitWarning(message, "SallyportWarning");
  const put = (name: string, value: unknown): void => {
    if (name in globalThis) Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  };
  put("fetch", () => Promise.reject(new TypeError("fetch failed", { cause: new Error(message) })));
  for (const name of ["WebSocket", "EventSource"]) {
    put(name, function refused(): never {
      throw new Error(message);
    });
  }
}
