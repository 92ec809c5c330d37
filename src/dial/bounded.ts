import type { Abortable } from "./abortable.js";

/** Registers what is to be done when time is up or the caller aborts. Not an AbortSignal: each dial has several, and Node 20 takes 5 µs for one. */
export type GiveUp = (listener: (reason: Error) => void) => void;

/** Beyond this a timer of Node's goes off at once. Nobody waits for it anyway. */
const longest = 2 ** 31 - 1;

/**
 * Starts `work` and settles with it, unless the time is over or the caller aborts first: then `give up` is called with
 * the reason, so that sockets and processes end at once, and the promise rejects with it.
 * @param ms bound in milliseconds; Infinity for none
 */
export function bounded<T>(
  ms: number,
  signal: Abortable | undefined,
  timeoutError: () => Error,
  work: (giveUp: GiveUp) => Promise<T>,
): Promise<T> {
  if (signal?.aborted) return Promise.reject(asError(signal.reason));
  return new Promise<T>((resolve, reject) => {
    const listeners: ((reason: Error) => void)[] = [];
    const stop = (reason: Error): void => {
      finish();
      reject(reason);
      for (const listener of listeners) listener(reason);
    };
    const onAbort = (): void => stop(asError(signal?.reason));
    const timer = ms <= longest ? setTimeout(() => stop(timeoutError()), ms) : undefined;
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    work((listener) => void listeners.push(listener)).then(
      (value) => {
        finish();
        resolve(value);
      },
      (error: unknown) => {
        finish();
        reject(asError(error));
      },
    );
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error("aborted", { cause: reason });
}
