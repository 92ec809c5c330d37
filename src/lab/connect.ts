import { connect, type Socket } from "node:net";
import type { Listener } from "./listener.js";
import type { Resolution } from "./names.js";

export interface Target {
  /** A name, or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** `host:port` as CONNECT has it (RFC 9112 section 3.2.3), undefined when it is something else. */
export function parseAuthority(text: string): Target | undefined {
  const parts = /^(?:\[([0-9a-f:.]+)\]|([^\s:/@[\]]+)):(\d{1,5})$/i.exec(text);
  const host = parts?.[1] ?? parts?.[2];
  const port = Number(parts?.[3]);
  return host === undefined || !(port > 0 && port < 65536) ? undefined : { host, port };
}

/** `host:port`, IPv6 in brackets. */
export function formatAuthority({ host, port }: Target): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Connects to where a name was found to be; "refused" for any failure. The socket ends with the listener. */
export function dialOut(listener: Listener, where: Resolution): Promise<Socket | "unknown" | "forbidden" | "refused"> {
  if (typeof where === "string") return Promise.resolve(where);
  return new Promise((resolve) => {
    const socket = connect({ host: where.address, port: where.port, allowHalfOpen: true, noDelay: true });
    listener.adopt(socket);
    socket.once("connect", () => resolve(socket));
    socket.once("error", () => resolve("refused"));
  });
}

/** Joins two connections, each direction with an end of its own. */
export function splice(one: Socket, other: Socket): void {
  if (one.destroyed || other.destroyed) {
    // Its "close" may be over already.
    one.destroy();
    other.destroy();
    return;
  }
  flow(one, other);
  flow(other, one);
}

function flow(from: Socket, to: Socket): void {
  from.pipe(to);
  from.on("error", () => {});
  from.once("close", () => {
    // After a proper end, what is under way still arrives. Cut off, the peer shall notice at once.
    if (from.readableEnded) to.destroySoon();
    else to.destroy();
  });
}
