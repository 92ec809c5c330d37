import { putMethod } from "../base/own-method.js";
import type { TLSSocket } from "node:tls";
import type { System } from "../base/system.js";

/** Session tickets are all that a server sends unasked after a handshake; two that hold a client's chain fit in this. */
const ticketBytes = 4096;
const promptly = 5000;

/**
 * Tells later whether the peer has sent anything of HTTP on this connection. Called once the handshake is over.
 * HTTP/1.1 is seen at its first chunk. HTTP/2 reads below JavaScript: there, what was sent and when must do.
 */
export function watchFirstAnswer(secure: TLSSocket, system: System): () => boolean {
  let seen = false;
  const bytes = secure.bytesRead;
  const start = system.monotonic();
  const push = secure.push;
  // Takes itself away with the first chunk, so that a stream pays nothing for it.
  putMethod(secure, "push", (chunk: unknown, encoding?: BufferEncoding): boolean => {
    // The end of the stream is pushed too, as null.
    seen = chunk !== null;
    secure.push = push;
    return push.call(secure, chunk, encoding);
  });
  return () => {
    if (seen || secure.alpnProtocol !== "h2") return seen;
    return secure.bytesRead - bytes > ticketBytes || system.monotonic() - start > promptly;
  };
}
