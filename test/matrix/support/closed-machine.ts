import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";

const ip = (...args: string[]) => execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });

/** Where names lead to past the proxy. Not to 127.0.0.1/8, which some programs never ask a proxy for. A block for documentation (RFC 5737). */
export const doorAddress = (slot: number): string => `198.51.100.${slot + 1}`;

/**
 * Furnishes a fresh network namespace: loopback works, and all else is routed to an interface that counts the packets and
 * leads nowhere. Without a route, an attempt to leave would fail before there is a packet to count.
 */
export async function closeTheMachine(slots: number): Promise<void> {
  ip("link", "set", "lo", "up");
  for (let slot = 0; slot < slots; slot++) ip("addr", "add", `${doorAddress(slot)}/32`, "dev", "lo");
  ip("link", "add", "out", "type", "veth", "peer", "name", "nowhere");
  // Or IPv6 would look for neighbours there of its own accord.
  for (const name of ["out", "nowhere"]) ip("link", "set", name, "addrgenmode", "none");
  ip("link", "set", "nowhere", "up");
  ip("addr", "add", "192.0.2.1/24", "dev", "out");
  ip("link", "set", "out", "up");
  ip("neigh", "add", "192.0.2.2", "lladdr", "02:00:00:00:00:02", "dev", "out", "nud", "permanent");
  ip("route", "add", "default", "via", "192.0.2.2");
  await sendOut();
  if (packetsThatLeft() !== 1) throw new Error("a packet that was sent out was not counted");
}

/** How many packets have gone out so far, to wherever: there is nothing out there that anyone was told of. */
export function packetsThatLeft(): number {
  const lines = readFileSync("/proc/net/dev", "utf8").split("\n");
  const line = lines.find((text) => text.trim().startsWith("out:")) ?? "";
  // After the name: eight columns of what came in, then bytes and packets of what went out.
  return Number(line.trim().split(/\s+/)[10]);
}

/** One packet to an address of the block for documentation (RFC 5737). */
function sendOut(): Promise<void> {
  const socket = createSocket("udp4");
  return new Promise((resolve, reject) => {
    socket.send("", 9, "203.0.113.9", (error) => {
      socket.close();
      if (error === null) resolve();
      else reject(error);
    });
  });
}
