import type { Socket } from "node:net";

/** The parts of a socket's handle that tell how much of what was written the system has taken. */
interface Handle {
  readonly bytesWritten?: number;
  readonly writeQueueSize?: number;
  /** Beneath TLS. */
  readonly _parent?: Handle;
}

/**
 * How many bytes the system has taken so far, to see whether an upload moves. Sockets themselves count what was handed to them:
 * one large buffer at once, though the peer may read none of it. Node looks at the same numbers to tell an idle socket from one
 * in the middle of a long write.
 */
export function sentBytes(socket: Socket): number {
  let handle = (socket as unknown as { readonly _handle?: Handle | null })._handle ?? undefined;
  while (handle?._parent) handle = handle._parent;
  if (handle?.bytesWritten === undefined) return socket.bytesWritten - socket.writableLength;
  return handle.bytesWritten - (handle.writeQueueSize ?? 0);
}
