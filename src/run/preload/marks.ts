import { AsyncLocalStorage } from "node:async_hooks";
import type { ClientRequest } from "node:http";
import { placeKey } from "./places.js";
import type { Place } from "./types.js";

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
  readonly #storage = new AsyncLocalStorage<Mark>();

  /** Runs `work`, the agent's, and what it begins until the request has its connection. */
  run(request: ClientRequest, target: Place | undefined, work: () => void): void {
    const key = target && placeKey(target);
    const mark: Mark = { target: key, protocol: request.protocol, over: false };
    // What the program begins when it has its answer runs under the mark as well, and is another matter.
    const end = (): void => {
      mark.over = true;
    };
    request.once("socket", end).once("close", end);
    this.#storage.run(mark, work);
  }

  /** A connection to there is for the request that is under way: its protocol. */
  protocolFor(place: Place): string | undefined {
    const mark = this.#current();
    return mark?.target === placeKey(place) ? mark.protocol : undefined;
  }

  spares(place: Place): boolean {
    return this.#current() !== undefined && this.protocolFor(place) === undefined;
  }

  #current(): Mark | undefined {
    const mark = this.#storage.getStore();
    return mark?.over === false ? mark : undefined;
  }
}
