import { readFile } from "node:fs/promises";
import { endianness } from "node:os";
import { parseIp } from "../../base/ip.js";
import { kernelEndpoint } from "../../base/kernel-endpoint.js";
import type { Endpoint } from "../../base/system.js";

const isLittleEndian = endianness() === "LE";

/**
 * The port that a client has connected to: what it knows of its connection is what it asked for, while ours has been led elsewhere. Undefined for a
 * client that has gone.
 */
export async function portAskedFor(client: Endpoint): Promise<number | undefined> {
  const ip = parseIp(client.address);
  if (ip === undefined) return undefined;
  for (const table of ip.family === 4 ? (["v4", "v6"] as const) : (["v6"] as const)) {
    const own = kernelEndpoint(ip, client.port, { table, isLittleEndian });
    const rows = await readFile(table === "v4" ? "/proc/net/tcp" : "/proc/net/tcp6", "latin1").catch(() => "");
    const port = portIn(rows, own);
    if (port !== undefined) return port;
  }
  return undefined;
}

/** `sl: local remote state …` */
function portIn(rows: string, own: string): number | undefined {
  const at = rows.indexOf(`: ${own} `);
  const remote = at === -1 ? undefined : /^: \S+ [0-9A-F]+:([0-9A-F]{4}) /.exec(rows.slice(at, at + 100))?.[1];
  return remote === undefined ? undefined : Number.parseInt(remote, 16);
}
