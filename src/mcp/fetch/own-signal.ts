/** Ends with the transport's signal, or by itself, and leaves nothing behind on it. */
export interface OwnSignal {
  readonly signal: AbortSignal;
  /** The request is over: the transport's signal is let go. */
  release(): void;
}

// A body that nobody read, and that is gone, needs the signal no longer.
const forgotten = new FinalizationRegistry<() => void>((release) => release());

/**
 * A signal for one request. An MCP transport has one signal for all its requests, and whoever hands that to fetch leaves a listener on it for
 * each: Node warns of a leak after the first few, and each holds its request until the transport ends.
 */
export function ownSignal(outer: AbortSignal | null | undefined): OwnSignal {
  const controller = new AbortController();
  const { signal } = controller;
  if (outer === undefined || outer === null) return { signal, release: () => undefined };
  const abort = (): void => controller.abort(outer.reason);
  if (outer.aborted) {
    abort();
    return { signal, release: () => undefined };
  }
  outer.addEventListener("abort", abort, { once: true });
  return { signal, release: () => outer.removeEventListener("abort", abort) };
}

/** The same body, which calls `over` once when it has been read to its end, has failed or was cancelled. */
export function watched(body: ReadableStream<Uint8Array>, over: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          over();
          controller.close();
        } catch (error) {
          over();
          controller.error(error);
        }
      },
      cancel(reason) {
        over();
        return reader.cancel(reason);
      },
    },
    // What is not asked for is not read: back-pressure is the server's to feel.
    { highWaterMark: 0 },
  );
  forgotten.register(stream, over);
  return stream;
}
