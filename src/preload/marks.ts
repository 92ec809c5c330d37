import { AsyncLocalStorage } from "node:async_hooks";
import type { ClientRequest } from "node:http";
import { hostPortKey } from "./host-port.js";
import type { HostPort } from "./types.js";

interface Mark {
  /** Where the request is to go. Undefined: it is itself a word to a proxy. */
  readonly target: string | undefined;
  readonly protocol: string;
  over: boolean;
}

/**
 * Knows, when a connection is asked for, on behalf of which request that is: an agent that a program configured for a proxy
 * connects to that proxy, often after some promises, and that connection is its own. One to the request's own target is not.
 */
export class Marks {
  readonly #storage = new AsyncLocalStorage<Mark | undefined>();
  /** Of requests without a connection, by their targets: for connections that are asked for in another context than theirs. */
  readonly #waiting = new Map<string, Set<Mark>>();

  /** Runs `work`, the agent's, and what it begins until the request has its connection. */
  run(request: ClientRequest, target: HostPort | undefined, work: () => void): void {
    const key = target && hostPortKey(target);
    const mark: Mark = { target: key, protocol: request.protocol, over: false };
    if (key !== undefined) this.#wait(key, mark);
    // What the program begins when it has its answer runs under the mark as well, and is another matter.
    const end = (): void => {
      mark.over = true;
      if (key !== undefined) this.#stopWaiting(key, mark);
    };
    request.once("socket", end).once("close", end);
    this.#storage.run(mark, work);
  }

  /** Runs `work` as if no request of the program's were under way. */
  without<T>(work: () => T): T {
    return this.#storage.run(undefined, work);
  }

  /**
   * A connection to there is for a request that is under way: its protocol. Agents that keep a queue of their own may connect for one
   * request in the context of another, or in none.
   */
  protocolFor(peer: HostPort): string | undefined {
    const key = hostPortKey(peer);
    const mark = this.#current();
    if (mark?.target === key) return mark.protocol;
    const [other] = this.#waiting.get(key) ?? [];
    return other?.protocol;
  }

  spares(peer: HostPort): boolean {
    return this.#current() !== undefined && this.protocolFor(peer) === undefined;
  }

  #wait(key: string, mark: Mark): void {
    const others = this.#waiting.get(key);
    if (others === undefined) this.#waiting.set(key, new Set([mark]));
    else others.add(mark);
  }

  #stopWaiting(key: string, mark: Mark): void {
    const others = this.#waiting.get(key);
    if (others?.delete(mark) === true && others.size === 0) this.#waiting.delete(key);
  }

  #current(): Mark | undefined {
    const mark = this.#storage.getStore();
    return mark?.over === false ? mark : undefined;
  }
}
