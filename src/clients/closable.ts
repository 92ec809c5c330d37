import type { Agent } from "node:https";
import type { Dispatcher } from "undici";
import { basedOn, nativeFetch } from "../base/native-fetch.js";
import type { AgentOptions, AgentProtocol } from "./agent/agent.js";
import type { DispatcherOptions } from "./dispatcher/dispatcher.js";
import { createNetwork, type Network, type NetworkOptions } from "./network.js";

/** A network's options, with those of its dispatcher beside them. */
export interface CreateFetchOptions extends Omit<NetworkOptions, "agent" | "dispatcher">, DispatcherOptions {}

/** A network's options, with those of its dispatcher beside them. */
export interface CreateDispatcherOptions extends Omit<NetworkOptions, "agent" | "dispatcher">, DispatcherOptions {}

/** A network's options, with those of its agent beside them. */
export interface CreateAgentOptions extends Omit<NetworkOptions, "agent" | "dispatcher">, AgentOptions {
  /** Which of the two it is for: node:https, or node:http. Default `https:`. */
  readonly protocol?: AgentProtocol;
}

/** The global fetch's signature, and its network's end. Disposing of it is `close()`. */
export type ClosableFetch = typeof globalThis.fetch &
  AsyncDisposable & {
    /** Waits for the requests under way, then closes every connection. Later calls reject. */
    close(): Promise<void>;
  };

/** Its `destroy()` fails the requests under way and closes every connection; disposing of it waits for them first. It takes no more then. */
export type ClosableAgent = Agent & AsyncDisposable;

/** Its `close()` waits for the requests under way, its `destroy()` fails them; both close every connection. Disposing of it is `close()`. */
export type ClosableDispatcher = Dispatcher & AsyncDisposable;

/**
 * A function with the global fetch's signature, which returns `globalThis.Response`. The settings are read at its first call;
 * a fault of theirs is then what it rejects with, and later calls read them again.
 */
export function createFetch(options: CreateFetchOptions = {}): ClosableFetch {
  const native = nativeFetch();
  let opened: Promise<Network> | undefined;
  let closed: Promise<void> | undefined;
  const open = (): Promise<Network> =>
    (opened ??= createNetwork({ ...options, dispatcher: options }).catch((error: unknown) => {
      opened = undefined;
      throw error;
    }));
  const fetch: typeof globalThis.fetch = async (input, init) => {
    if (closed !== undefined) throw new TypeError("fetch failed", { cause: new Error("this fetch was closed") });
    const network = await open();
    return network.fetch(input, init);
  };
  // Settings that could not be read have opened nothing.
  const close = (): Promise<void> =>
    (closed ??=
      opened?.then(
        (network) => network.close(),
        () => undefined,
      ) ?? Promise.resolve());
  return Object.assign(basedOn(native, fetch), { close, [Symbol.asyncDispose]: close });
}

/**
 * A dispatcher for undici 6 and 7, and for the built-in fetch of Node 20 to 26 (`fetch(url, { dispatcher })`), which reads its
 * settings once. HTTP/2 and HTTP/1.1 with keep-alive, also through tunnels.
 * @throws {ConnectError} for a setting that is unusable
 */
export async function createDispatcher(options: CreateDispatcherOptions = {}): Promise<ClosableDispatcher> {
  const network = await createNetwork({ ...options, dispatcher: options });
  return closing(network.dispatcher, network);
}

/**
 * An agent for node:https, or for node:http with `protocol: "http:"`, which reads its settings once.
 * @throws {ConnectError} for a setting that is unusable
 */
export async function createAgent(options: CreateAgentOptions = {}): Promise<ClosableAgent> {
  const network = await createNetwork({ ...options, agent: options });
  // The type of both is node:https's; see makeAgent.
  const agent = (options.protocol === "http:" ? network.agents.http : network.agents.https) as Agent;
  const own = agent.destroy.bind(agent);
  let isEnding = false;
  return Object.assign(agent, {
    destroy: (): void => {
      // A network ends by ending its parts, so this is asked once more.
      if (isEnding) return own();
      isEnding = true;
      void network.destroy();
    },
    [Symbol.asyncDispose]: () => network.close(),
  });
}

/** A dispatcher with which its network ends. */
function closing(dispatcher: Dispatcher, network: Network): ClosableDispatcher {
  const own = {
    close: dispatcher.close.bind(dispatcher),
    destroy: dispatcher.destroy.bind(dispatcher) as (error: Error | null) => Promise<void>,
  };
  let isEnding = false;
  const close = (): Promise<void> => {
    if (isEnding) return own.close();
    isEnding = true;
    return network.close();
  };
  const destroy = (error: Error | null): Promise<void> => {
    if (isEnding) return own.destroy(error);
    isEnding = true;
    return network.destroy(error ?? undefined);
  };
  return Object.assign(dispatcher, {
    close: (callback?: () => void) => told(close(), callback),
    destroy: (first?: Error | null | (() => void), second?: () => void) =>
      typeof first === "function" ? told(destroy(null), first) : told(destroy(first ?? null), second),
    [Symbol.asyncDispose]: close,
  } as Pick<Dispatcher, "close" | "destroy"> & AsyncDisposable);
}

/** undici's functions give a promise, or take a function. */
function told(done: Promise<void>, callback: (() => void) | undefined): Promise<void> | undefined {
  if (callback === undefined) return done;
  void done.then(callback);
  return undefined;
}
