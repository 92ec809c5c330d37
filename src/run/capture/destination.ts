import { readFile } from "node:fs/promises";
import { endianness } from "node:os";
import { parseIp } from "../../base/ip.js";
import { kernelEndpoint } from "../../base/kernel-endpoint.js";
import type { Endpoint } from "../../base/system.js";

const isLittleEndian = endianness() === "LE";

/**
 * The port that a client has connected to: what it knows of its connection is what it asked for, while ours has been led elsewhere. Undefined for a
 * client that has gone.
 * @param isOurs whether a connection to this port is led to the acceptor that asks
 */
export async function portAskedFor(client: Endpoint, isOurs: (port: number) => boolean): Promise<number | undefined> {
  const ip = parseIp(client.address);
  if (ip === undefined) return undefined;
  for (const table of ip.family === 4 ? (["v4", "v6"] as const) : (["v6"] as const)) {
    const own = kernelEndpoint(ip, client.port, { table, isLittleEndian });
    const port = portIn(await rowsOf[table](), own, isOurs);
    if (port !== undefined) return port;
  }
  return undefined;
}

const rowsOf = { v4: shared("/proc/net/tcp"), v6: shared("/proc/net/tcp6") } as const;

/**
 * What stands in a table at a moment after the call. Many who ask at once get one reading: it takes longer the more connections there are, and one for
 * each would take a thousand connections half a minute.
 */
function shared(file: string): () => Promise<string> {
  let running: Promise<string> | undefined;
  let next: Promise<string> | undefined;
  const begin = (): Promise<string> => {
    next = undefined;
    const reading = readFile(file, "latin1")
      .catch(() => "")
      .finally(() => {
        if (running === reading) running = undefined;
      });
    return (running = reading);
  };
  // Who comes while one is under way may stand behind the place that it has got to.
  return () => (running === undefined ? begin() : (next ??= running.then(begin)));
}

const established = "01";
const timeWait = "06";

/**
 * `sl: local remote state …`. A client may have the same port for connections to several of a server's, and older ones are still in the table: only those
 * count that may have been led to the acceptor which asks. Undefined also where that leaves several: no connection may get to another's port.
 * @param isOurs whether that acceptor is the one of this port
 */
export function portIn(rows: string, own: string, isOurs: (port: number) => boolean): number | undefined {
  const found: { readonly port: number; readonly state: string }[] = [];
  const start = `: ${own} `;
  for (let at = rows.indexOf(start); at !== -1; at = rows.indexOf(start, at + 1)) {
    const [, remote = "", state = ""] =
      /^: \S+ [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]{2}) /.exec(rows.slice(at, at + 100)) ?? [];
    const port = Number.parseInt(remote, 16);
    if (port > 0 && state !== timeWait && isOurs(port)) found.push({ port, state });
  }
  const open = found.filter(({ state }) => state === established);
  const [first, ...others] = open.length > 0 ? open : found;
  return others.length === 0 ? first?.port : undefined;
}
