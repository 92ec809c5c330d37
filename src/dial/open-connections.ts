import type { Socket } from "node:net";
import { Roster } from "../base/roster.js";
import { setTimeout } from "../base/timers.js";
import { leftNetwork } from "./faults-late.js";

/** Milliseconds of silence after which the kernel asks the other side of a connection whether it is still there. */
export const usualProbe = 30_000;
/** The same in another network, where it may have lost its way: asked once a second, it is known to be dead after ten. */
const earlyProbe = 1000;
/** Milliseconds for which they are asked after so eagerly. */
const eagerness = 15_000;

const open = new Roster<Socket>();
/** What lies beneath TLS. */
const beneath = new WeakMap<Socket, Socket>();
let isFollowing = false;

/** From now on it is known which connections are open. Before anybody wants to know, none pays for it. */
export function followConnections(): void {
  isFollowing = true;
}

/** @param raw the socket that was connected, beneath all else that is spoken on it */
export function followConnection(socket: Socket, raw: Socket | undefined): void {
  if (!isFollowing || open.has(socket)) return;
  open.add(socket);
  if (raw !== undefined && raw !== socket) beneath.set(socket, raw);
  socket.once("close", forget);
}

/** One function for all of them. */
function forget(this: Socket): void {
  open.delete(this);
}

/**
 * The machine is in another network. Ends the connections that began at one of the addresses that it no longer has: nothing comes on them any more,
 * and nobody would say so before a timeout does. Others may have lost their way, too (a VPN takes it over), or not: the kernel finds out.
 */
export function afterMove(gone: ReadonlySet<string>): void {
  const left: Socket[] = [];
  for (const socket of open) {
    const raw = beneath.get(socket) ?? socket;
    const local = raw.localAddress?.replace(/%.*$/, "");
    if (local !== undefined && gone.has(local)) socket.destroy(leftNetwork(local));
    else left.push(raw.setKeepAlive(true, earlyProbe));
  }
  setTimeout(() => {
    for (const socket of left) if (!socket.destroyed) socket.setKeepAlive(true, usualProbe);
  }, eagerness).unref();
}
