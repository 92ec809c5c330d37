import type { Socket } from "node:net";
import { Roster } from "../../base/roster.js";

/** Milliseconds between two looks. */
const interval = 2000;
/** Milliseconds of silence after which the kernel asks a peer whether it is still there. */
const probeAfter = 30_000;

const watched = new Roster<Socket>();
/** Those that the kernel is to ask after from the next look on. Most have gone by then, and cost it nothing. */
const unprobed = new Roster<Socket>();
let timer: NodeJS.Timeout | undefined;

/**
 * Ends a socket whose peer has gone, also while it is not read. Who has gone is noticed by reading, and a client is not read while the
 * upstream takes nothing: then both would stay for ever. The kernel knows of a reset all the same, and of a peer that has closed and answers no
 * more; it is asked for all sockets at once, every other second.
 */
export function watchPresence(socket: Socket): void {
  watched.add(socket);
  probe(socket);
}

/** Has the kernel ask after a silent peer, so that firewalls on the way do not forget the connection, and its end is heard of. */
export function probe(socket: Socket): void {
  unprobed.add(socket);
  socket.on("close", forget);
  timer ??= setInterval(look, interval).unref();
}

function forget(this: Socket): void {
  watched.delete(this);
  unprobed.delete(this);
  if (watched.size > 0 || unprobed.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}

/** The same at once, and sooner: for a peer of whom nothing more is expected. */
export function probeSoon(socket: Socket, milliseconds: number): void {
  unprobed.delete(socket);
  socket.setKeepAlive(true, milliseconds);
}

function look(): void {
  for (const socket of unprobed) socket.setKeepAlive(true, probeAfter);
  unprobed.clear();
  for (const socket of watched) if (wasReset(socket)) socket.destroy(resetError());
}

/**
 * Whether the peer has reset the connection, read or not. The kernel knows: a connection that was reset has no peer any more. One that we
 * have half closed ourselves has none either when the peer closes it in order, and is not asked.
 */
export function wasReset(socket: Socket): boolean {
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

/** As node:net has it where it reads one. */
export function resetError(): Error {
  return Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
}

export const isTls = (socket: Socket): boolean => "encrypted" in socket;
