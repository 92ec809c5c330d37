import type { Dispatcher } from "undici";
import { basedOn, nativeFetch } from "../base/native-fetch.js";

type Fetch = typeof globalThis.fetch;

/**
 * A fetch on a dispatcher: Node's own, which returns `globalThis.Response` and takes `globalThis.Request`.
 *
 * Like every fetch it rejects with a TypeError ("fetch failed", the words by which retry libraries know a network error). The
 * ConnectError is its `cause`: `findConnectError(error)` gives it from whatever a library has wrapped round.
 *
 * `pending` holds the fetches that have no answer yet: one that is redirected comes to its dispatcher again.
 */
export function makeFetch(dispatcher: () => Dispatcher, pending = new Set<Promise<Response>>()): Fetch {
  const native = nativeFetch();
  return basedOn(native, (input, init) => {
    // Node's types describe the dispatcher of another version of undici.
    const answer = native(input, { ...init, dispatcher: dispatcher() } as unknown as RequestInit);
    pending.add(answer);
    const over = (): unknown => pending.delete(answer);
    answer.then(over, over);
    return answer;
  });
}
