import type { Socket } from "node:net";
import { Waits } from "../../base/waits.js";
import { isTls, probeSoon, resetError, wasReset } from "../server/presence.js";

/** Milliseconds that a half-closed connection may be silent. */
const longestSilence = 600_000;
/** The same while the gateway waits for its connections to finish. */
const silenceAtTheEnd = 2000;
/** Milliseconds after which the kernel asks a peer that has closed its half whether it is still there. */
const probeAfter = 5000;

/** Between two looks at a half-closed connection. */
const waits = new Waits(silenceAtTheEnd);

const ignore = (): void => undefined;

/**
 * Joins two sockets until both are closed: each direction flows on its own, so that a half-closed side stays half closed and a
 * slow reader slows the writer. What goes wrong on one side resets the other: it must not look like a clean end.
 * @param over called once, when both are closed, with the upstream's error if it had one
 * @param isDraining whether the gateway is shutting down
 */
export function join(
  client: Socket,
  upstream: Socket,
  over: (error: Error | undefined) => void,
  isDraining: () => boolean = () => false,
): void {
  let open = 2;
  let failure: Error | undefined;
  const closed = (): void => {
    if (--open === 0) over(failure);
  };
  upstream.on("error", (error) => (failure ??= error));
  // A client that goes away in the middle is nobody's fault that could be told to anyone.
  client.on("error", ignore);
  for (const [side, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    // May be set until the end is seen (node:stream). A dialled socket would otherwise close its writing side at the peer's FIN.
    side.allowHalfOpen = true;
    const onClose = (): void => {
      if (!(side.readableEnded && side.writableFinished)) reset(other);
      closed();
    };
    const onEnd = (): void => {
      // Before 1.52 libuv tells a reset right behind the last bytes as an end, so that Node 20 and 22 take what was cut for a whole.
      if (wasReset(side)) {
        reset(other);
        side.destroy(resetError());
        return;
      }
      boundHalfClosed(side, other, isDraining, () => reset(other));
      other.end();
    };
    // It may have ended, or gone, before anybody listened.
    if (side.readableEnded) onEnd();
    else side.on("end", onEnd);
    if (side.closed) onClose();
    else side.on("close", onClose);
  }
  flow(client, upstream);
  flow(upstream, client);
}

/**
 * What `pipe` does for two sockets whose ends are heard of by other means. Its listeners, which it puts on both and takes away again, cost as
 * much as everything else that is done to join a new tunnel.
 */
function flow(from: Socket, to: Socket): void {
  const goOn = (): void => void from.resume();
  from.on("data", (chunk: Buffer) => {
    if (to.write(chunk)) return;
    from.pause();
    to.once("drain", goOn);
  });
  if (to.writableNeedDrain) to.once("drain", goOn);
  else from.resume();
}

/**
 * A program that has gone leaves nothing but its FIN, as one does that has merely said all, and a server that does not mind a FIN
 * holds its half for ever. The kernel finds out within minutes which of them it is; silence tells at the latest.
 * @returns ends the watch
 */
export function boundHalfClosed(
  ended: Socket,
  open: Socket,
  isDraining: () => boolean,
  giveUp: () => void,
): () => void {
  let isProbed = false;
  let silent = 0;
  let seen = open.bytesRead + open.bytesWritten;
  const onTime = (): void => {
    // Not before the first wait is over: most connections have gone by then.
    if (!isProbed) probeSoon(ended, probeAfter);
    isProbed = true;
    const bytes = open.bytesRead + open.bytesWritten;
    silent = bytes === seen ? silent + silenceAtTheEnd : 0;
    seen = bytes;
    if (silent >= (isDraining() ? silenceAtTheEnd : longestSilence)) giveUp();
    else wait = waits.begin(onTime);
  };
  let wait = waits.begin(onTime);
  const stop = (): void => waits.stop(wait);
  open.on("close", stop);
  return stop;
}

/**
 * Ends a socket so that the peer sees a reset. TLS sockets and Unix sockets know none: those are just cut. So is one that has said all and
 * whose FIN is under way: libuv refuses to reset it (`uv_tcp_close_reset`), Node then forgets to close it, and this process, which waits
 * for that at its end, would never end.
 */
export function reset(socket: Socket): void {
  if (socket.destroyed) return;
  const plainTcp = !isTls(socket) && socket.remoteAddress !== undefined;
  const isEnding = socket.writableEnded && socket.writableLength === 0 && !socket.writableFinished;
  if (plainTcp && !isEnding) socket.resetAndDestroy();
  else socket.destroy();
}
