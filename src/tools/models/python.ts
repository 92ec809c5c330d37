import { isIP } from "node:net";
import { inSubnet, trimmed } from "./address.js";
import { noneIsTaken, pythonEdges } from "./edges.js";
import type { ProxyModel, ReadTarget } from "./types.js";
import { lowerFirst, lowerFirstThenAll } from "./variables.js";

/** The entry, with any dots before it taken off, is the text itself or ends it at a dot. */
const endsAt = (text: string, entry: string): boolean => {
  const name = entry.replace(/^\.+/, "");
  return text === name || text.endsWith(`.${name}`);
};

/** urllib.request: names alone, compared as text, with the port and without it. An IPv6 address stands in brackets. */
function urllibBypasses(value: string, hostname: string, port: string): boolean {
  if (value === "*") return true;
  const withPort = port === "" ? hostname : `${hostname}:${port}`;
  return value.split(",").some((part) => {
    const entry = trimmed(part).toLowerCase();
    return entry !== "" && (endsAt(hostname, entry) || endsAt(withPort, entry));
  });
}

/** requests: the same, and before that a reading of its own, to which blanks are nothing and IPv4 blocks are known. */
function requestsBypasses(value: string, target: ReadTarget): boolean {
  const entries = value.replaceAll(" ", "").split(",").filter(Boolean);
  const { host, writtenPort } = target;
  const withPort = writtenPort === "" ? host : `${host}:${writtenPort}`;
  const own =
    isIP(host) === 4
      ? entries.some((entry) => (entry.includes("/") ? inSubnet(host, entry) : entry === host))
      : entries.some((entry) => endsAt(host, entry) || endsAt(withPort, entry));
  return own || urllibBypasses(value, host, "");
}

/** Python's own urllib.request (pip is built on requests). A proxy of another scheme than http is spoken to as one of http, which fails. */
export const urllib: ProxyModel = {
  id: "python-urllib",
  tool: "Python urllib",
  variables: lowerFirst,
  schemes: ["http"],
  edges: pythonEdges,
  bypasses: (value, target) => urllibBypasses(value, target.hostname, target.writtenPort),
};

/** requests 2, hence pip and many command-line tools. SOCKS needs a package of its own. */
export const requests: ProxyModel = {
  id: "python-requests",
  tool: "Python requests (pip)",
  variables: lowerFirstThenAll,
  schemes: ["http", "https", "socks4", "socks4a", "socks5", "socks5h"],
  edges: { ...noneIsTaken, "line feed": "proxy" },
  bypasses: requestsBypasses,
};
