import type { EventEmitter } from "node:events";
import type { ClientRequest } from "node:http";
import type { Emitter } from "./lazy-dispatcher.js";

/** Told when objects of some kinds begin to be made. */
export interface Observer {
  /**
   * Every agent. The first is node:http's default one, which is made while node:http is loaded, whoever loads it: node:https,
   * node:http2 and undici do as well.
   */
  agent(prototype: object): void;
  /** Every request of node:http. */
  request(request: ClientRequest): void;
  /** The first child process. */
  child(prototype: object): void;
  /** Every thread, at the beginning of its constructor. Gives what is to be called when that has read its options. */
  worker(thread: object): () => void;
  /** The dispatcher that Node makes for NODE_USE_ENV_PROXY=1, after preloads and before the program. */
  envDispatcher(dispatcher: object): void;
}

/** The function that every EventEmitter's constructor calls. Writable since it is there, and not in the types. */
type WatchedEmitter = Emitter & { init(this: EventEmitter, options: unknown): void };

/**
 * Waits for what would be too dear to load at the start: node:http alone costs more than all that is done here. Hooks on
 * modules would not do: they miss those that Node loads for itself, and slow down every import.
 */
export function watchModules(Base: Emitter, tell: Observer, usesEnvProxy: boolean): void {
  const emitter = Base as WatchedEmitter;
  const { init } = emitter;
  // Emitters are made by the thousand, of few kinds: each kind is looked at once.
  const known = new WeakSet<object>();
  let requests: object | undefined;
  let workerRead: (() => void) | undefined;
  emitter.init = function (this: EventEmitter, options: unknown): void {
    init.call(this, options);
    if (workerRead !== undefined) {
      // The first streams of a thread, or whatever comes after one that could not be made.
      workerRead();
      workerRead = undefined;
    }
    const kind = Object.getPrototypeOf(this) as object;
    if (kind === requests) {
      tell.request(this as ClientRequest);
      return;
    }
    if (known.has(kind)) return;
    if (isClientRequest(this)) {
      requests = kind;
      tell.request(this as ClientRequest);
      return;
    }
    const made = this as { addRequest?: unknown; spawn?: unknown; getHeapSnapshot?: unknown };
    if (made.getHeapSnapshot !== undefined) {
      workerRead = tell.worker(this);
      return;
    }
    known.add(kind);
    if (made.addRequest !== undefined) tell.agent(kind);
    else if (made.spawn !== undefined && isChildProcess(kind)) tell.child(kind);
    else if (usesEnvProxy && this.constructor.name === "EnvHttpProxyAgent") tell.envDispatcher(this);
  };
}

/** Node's own has these methods, and no class of a library's that goes by its name stands in for it here. */
function isClientRequest(made: object): boolean {
  return made.constructor.name === "ClientRequest" && "onSocket" in made && "setSocketKeepAlive" in made;
}

/** Node's own, which is a function; others by that name would be classes, whose prototype cannot be exchanged. */
function isChildProcess({ constructor }: object): boolean {
  const prototype = Object.getOwnPropertyDescriptor(constructor, "prototype");
  return constructor.name === "ChildProcess" && prototype?.writable === true;
}
