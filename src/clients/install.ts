import { createRequire } from "node:module";
import type { Dispatcher } from "undici";
import { type Agents, type Network, createNetwork, type NetworkOptions } from "./network.js";
import { loadUndici } from "./undici.js";
import { dispatcherSlots } from "../base/dispatcher-slots.js";

const require = createRequire(import.meta.url);

/** What {@link install} put in place. Disposing of it puts back what was there before, and closes the connections. */
export interface Installation extends AsyncDisposable, Disposable {
  readonly network: Network;
  /** Puts everything back, at once; the connections close in the background once their requests are answered. */
  uninstall(): void;
}

/**
 * Makes the whole process go out as the settings have it: the built-in fetch, undici's default dispatcher, the default agents of
 * node:http and node:https, and the global WebSocket where Node has one (22 and later).
 *
 * What a program made for itself before stays as it is: a dispatcher or agent of its own, and a `fetch` it took aside.
 * @throws {ConnectError} for a setting that is unusable; nothing is installed then
 */
export async function install(options: NetworkOptions = {}): Promise<Installation> {
  const network = await createNetwork(options);
  const undo = [...installDispatcher(network), ...installAgents(network), ...installWebSocket(network)];
  const uninstall = (): void => {
    // In reverse, and once: a second call must not undo what somebody else has installed since.
    for (const step of undo.splice(0).reverse()) step();
  };
  const installation: Installation = {
    network,
    uninstall() {
      uninstall();
      void network.close();
    },
    [Symbol.dispose]() {
      installation.uninstall();
    },
    async [Symbol.asyncDispose]() {
      uninstall();
      await network.close();
    },
  };
  return installation;
}

type Undo = () => void;

function installDispatcher({ dispatcher }: Network): Undo[] {
  // Fills the slots where none of them is taken yet: what is put back later must be a dispatcher.
  const { Agent } = loadUndici();
  return dispatcherSlots.map((slot) => {
    const before = Object.getOwnPropertyDescriptor(globalThis, slot);
    const shown: unknown = (globalThis as unknown as Record<symbol, unknown>)[slot];
    if (before === undefined) return fillEmpty(slot, dispatcher, () => new Agent());
    // undici makes the property writable and not configurable.
    Object.defineProperty(globalThis, slot, { value: dispatcher, writable: true });
    return () => {
      // The preload's is none that holds a value.
      if (!Reflect.defineProperty(globalThis, slot, before)) Object.defineProperty(globalThis, slot, { value: shown });
    };
  });
}

/** An undici that finds a dispatcher there as it is loaded makes none of its own: where one may have, it is left with another. */
function fillEmpty(slot: symbol, dispatcher: Dispatcher, makeUsual: () => Dispatcher): Undo {
  let isRead = false;
  const get = (): Dispatcher => {
    isRead = true;
    return dispatcher;
  };
  const put = (value: unknown): void =>
    void Object.defineProperty(globalThis, slot, { value, writable: true, enumerable: false, configurable: true });
  Object.defineProperty(globalThis, slot, { get, set: put, enumerable: false, configurable: true });
  return () => {
    // What undici has put there itself is permanent.
    if (!Reflect.deleteProperty(globalThis, slot)) Object.defineProperty(globalThis, slot, { value: makeUsual() });
    else if (isRead) put(makeUsual());
  };
}

function installAgents(network: Network): Undo[] {
  const http = require("node:http") as { globalAgent: Agents["http"] };
  const https = require("node:https") as { globalAgent: Agents["https"] };
  const { syncBuiltinESMExports } = require("node:module") as typeof import("node:module");
  const before: Agents = { http: http.globalAgent, https: https.globalAgent };
  const put = (agents: Agents): void => {
    http.globalAgent = agents.http;
    https.globalAgent = agents.https;
    // `import { globalAgent } from "node:https"` shows the new one, too.
    syncBuiltinESMExports();
  };
  put(network.agents);
  return [() => put(before)];
}

function installWebSocket(network: Network): Undo[] {
  const before = Object.getOwnPropertyDescriptor(globalThis, "WebSocket");
  if (before === undefined) return [];
  Object.defineProperty(globalThis, "WebSocket", {
    value: network.WebSocket,
    writable: true,
    configurable: true,
    enumerable: before.enumerable ?? false,
  });
  return [() => Object.defineProperty(globalThis, "WebSocket", before)];
}
