import type { Duplex } from "node:stream";

/** Milliseconds that a client gets to read what it is told at the end. */
const patience = 1000;

/**
 * Sends an answer and closes. What the client still sends is read and dropped for a moment: a socket that is closed with unread
 * bytes resets the connection, and the reset may overtake the answer (RFC 9112 section 9.6).
 */
export function lastWords(socket: Duplex, words: string | Uint8Array): void {
  if (socket.destroyed) return;
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.on("error", () => undefined);
  socket.end(words);
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), patience).unref();
  socket.once("close", () => clearTimeout(timer));
}
