import type { IncomingMessage } from "node:http";
import { setImmediate } from "../../base/timers.js";

/** Tells how a body begins, and puts that back. `lost`: it was cut off before that. */
export function firstWords(message: IncomingMessage, tell: (words: string) => void, lost: () => void): void {
  const onClose = (): void => {
    message.off("readable", onReadable);
    lost();
  };
  const onReadable = (): void => {
    message.off("readable", onReadable).off("close", onClose);
    // Read at its end, an empty body would end here, where nobody listens yet.
    const chunk: unknown = message.readableLength > 0 ? message.read() : undefined;
    if (Buffer.isBuffer(chunk)) message.unshift(chunk);
    // Only then does the stream know that nobody reads it by hand any more.
    setImmediate(() => tell(Buffer.isBuffer(chunk) ? chunk.toString("latin1") : ""));
  };
  message.on("readable", onReadable).once("close", onClose);
}
