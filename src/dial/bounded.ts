import type { Abortable } from "./abortable.js";
import { clearTimeout, setTimeout } from "../base/timers.js";

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
  return boundedCall(ms, signal, timeoutError, (resolve, reject) => {
    const listeners: ((reason: Error) => void)[] = [];
    work((listener) => void listeners.push(listener)).then(resolve, reject);
    return (reason) => {
      for (const listener of listeners) listener(reason);
    };
  });
}

/**
 * The same for work that calls back: a promise in between costs as much as the rest.
 * @param begin gives what is to be done when the work is given up
 */
export function boundedCall<T>(
  ms: number,
  signal: Abortable | undefined,
  timeoutError: () => Error,
  begin: (resolve: (value: T) => void, reject: (error: unknown) => void) => (reason: Error) => void,
): Promise<T> {
  if (signal?.aborted) return Promise.reject(asError(signal.reason));
  return new Promise<T>((resolve, reject) => {
    let giveUp: ((reason: Error) => void) | undefined;
    const stop = (reason: Error): void => {
      finish();
      reject(reason);
      giveUp?.(reason);
    };
    const onAbort = (): void => stop(asError(signal?.reason));
    const timer = ms <= longest ? setTimeout(() => stop(timeoutError()), ms) : undefined;
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    const fail = (error: unknown): void => {
      finish();
      reject(asError(error));
    };
    try {
      giveUp = begin((value) => {
        finish();
        resolve(value);
      }, fail);
    } catch (error) {
      fail(error);
    }
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error("aborted", { cause: reason });
}
