import type { Socket } from "node:net";

/** Milliseconds that a half-closed connection may be silent. */
const longestSilence = 600_000;
/** The same while the gateway waits for its connections to finish. */
const silenceAtTheEnd = 2000;
/** Milliseconds after which the kernel asks a peer that has closed its half whether it is still there. */
const probeAfter = 5000;

/**
 * Joins two sockets until both are closed: each direction is piped on its own, so that a half-closed side stays half closed and a
 * slow reader slows the writer. What goes wrong on one side resets the other: it must not look like a clean end.
 * @param over called once, when both are closed, with the far side's error if it had one
 * @param isDraining whether the gateway is about to end
 */
export function join(
  caller: Socket,
  farSide: Socket,
  over: (error: Error | undefined) => void,
  isDraining: () => boolean = () => false,
): void {
  let open = 2;
  let failure: Error | undefined;
  const closed = (): void => {
    if (--open === 0) over(failure);
  };
  farSide.on("error", (error) => (failure ??= error));
  // A caller that goes away in the middle is nobody's fault that could be told to anyone.
  caller.on("error", () => undefined);
  for (const [side, other] of [
    [caller, farSide],
    [farSide, caller],
  ] as const) {
    // May be set until the end is seen (node:stream). A dialled socket would otherwise close its writing side at the peer's FIN.
    side.allowHalfOpen = true;
    const onClose = (): void => {
      if (!(side.readableEnded && side.writableFinished)) reset(other);
      closed();
    };
    const onEnd = (): void => {
      if (wasReset(side)) {
        // Before `pipe` hears of the end and passes it on.
        reset(other);
        side.destroy(Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }));
      } else boundHalfClosed(side, other, isDraining);
    };
    // It may have ended, or gone, before anybody listened.
    if (side.readableEnded) onEnd();
    else side.once("end", onEnd);
    if (side.closed) onClose();
    else side.once("close", onClose);
  }
  caller.pipe(farSide);
  farSide.pipe(caller);
}

/**
 * A program that has gone leaves nothing but its FIN, as one does that has merely said all, and a server that does not mind a FIN
 * holds its half for ever. The kernel finds out within minutes which of them it is; silence tells at the latest.
 */
function boundHalfClosed(ended: Socket, open: Socket, isDraining: () => boolean): void {
  ended.setKeepAlive(true, probeAfter);
  let silent = 0;
  let seen = 0;
  const onSilence = (): void => {
    const bytes = open.bytesRead + open.bytesWritten;
    silent = bytes === seen ? silent + silenceAtTheEnd : silenceAtTheEnd;
    seen = bytes;
    if (isDraining() || silent >= longestSilence) reset(open);
    else open.setTimeout(silenceAtTheEnd, onSilence);
  };
  open.setTimeout(silenceAtTheEnd, onSilence);
}

/**
 * Whether the end of a stream was a reset. Before 1.52 libuv tells a reset that comes right behind the last bytes as an end, so
 * that Node 20 and 22 take a stream that was cut for a whole one. The kernel knows: a connection that was reset has no peer any
 * more. One that we have half closed ourselves has none either when the peer closes it in order, and is not asked.
 */
function wasReset(socket: Socket): boolean {
  if (socket.writableEnded || isTls(socket)) return false;
  const handle: unknown = Reflect.get(socket, "_handle");
  if (
    typeof handle !== "object" ||
    handle === null ||
    !("getpeername" in handle) ||
    typeof handle.getpeername !== "function"
  )
    return false;
  return handle.getpeername({}) !== 0;
}

const isTls = (socket: Socket): boolean => "encrypted" in socket;

/** Ends a socket so that the peer sees a reset. TLS sockets and Unix sockets know none: those are just cut. */
export function reset(socket: Socket): void {
  if (socket.destroyed) return;
  const plainTcp = !isTls(socket) && socket.remoteAddress !== undefined;
  if (plainTcp) socket.resetAndDestroy();
  else socket.destroy();
}
