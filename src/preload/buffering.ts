import type { Duplex } from "node:stream";

interface Buffering {
  readonly _readableState: { highWaterMark: number };
  readonly _writableState: { highWaterMark: number };
}

/**
 * Gives a socket that the dialer has made the program's own `highWaterMark`, in bytes, which Node's sockets take when they are made. Answers
 * have that of their socket.
 */
export function buffering(socket: Duplex, { highWaterMark }: Readonly<Record<string, unknown>>): void {
  if (typeof highWaterMark !== "number" || !(highWaterMark >= 0)) return;
  const { _readableState, _writableState } = socket as unknown as Buffering;
  _readableState.highWaterMark = _writableState.highWaterMark = highWaterMark;
}
