import type { Dispatcher } from "undici";

type Fetch = typeof globalThis.fetch;

/** Names the fetch that one of ours calls, so that a chain of them goes back to Node's own. */
const base = Symbol.for("sallyport.fetch.base");

/**
 * A fetch on a dispatcher: Node's own, which returns `globalThis.Response` and takes `globalThis.Request`.
 *
 * Like every fetch it rejects with a TypeError ("fetch failed", the words by which retry libraries know a network error). The
 * ConnectError is its `cause`: `findConnectError(error)` gives it from whatever a library has wrapped round.
 *
 * `pending` holds the fetches that have no answer yet: one that is redirected comes to its dispatcher again.
 */
export function makeFetch(dispatcher: () => Dispatcher | Promise<Dispatcher>, pending?: Set<Promise<Response>>): Fetch {
  const native = nativeFetch();
  const on = (chosen: Dispatcher, input: Parameters<Fetch>[0], init: RequestInit | undefined): Promise<Response> =>
    // Node's types describe the dispatcher of another version of undici.
    native(input, { ...init, dispatcher: chosen } as unknown as RequestInit);
  const start: Fetch = (input, init) => {
    const found = dispatcher();
    return found instanceof Promise ? found.then((chosen) => on(chosen, input, init)) : on(found, input, init);
  };
  const bound: Fetch = (input, init) => {
    const answer = start(input, init);
    if (pending !== undefined) {
      pending.add(answer);
      const over = (): unknown => pending.delete(answer);
      answer.then(over, over);
    }
    return answer;
  };
  Object.defineProperty(bound, base, { value: native });
  return bound;
}

/** Where a program has put one of ours in place of the global one, another network's must not go through it. */
function nativeFetch(): Fetch {
  const current = globalThis.fetch as Fetch & { readonly [base]?: Fetch };
  return current[base] ?? current;
}
