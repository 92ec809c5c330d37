import type { Socket } from "node:net";
import { Roster } from "../base/roster.js";
import { leftNetwork } from "./faults-late.js";

const open = new Roster<Socket>();
/** What lies beneath TLS inside TLS, which knows no address. */
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
  if (raw !== undefined && socket.localAddress === undefined) beneath.set(socket, raw);
  socket.once("close", forget);
}

/** One function for all of them. */
function forget(this: Socket): void {
  open.delete(this);
}

/**
 * Ends the connections that began at one of these addresses, which this machine no longer has: nothing comes on them any more, and nobody
 * would say so before a timeout does.
 */
export function endConnectionsOf(addresses: ReadonlySet<string>): void {
  if (addresses.size === 0) return;
  for (const socket of open) {
    const local = (beneath.get(socket) ?? socket).localAddress?.replace(/%.*$/, "");
    if (local !== undefined && addresses.has(local)) socket.destroy(leftNetwork(local));
  }
}
