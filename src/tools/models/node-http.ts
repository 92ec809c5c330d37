import { isIPv4 } from "node:net";
import { nodeEdges } from "./edges.js";
import type { ProxyModel, ReadTarget } from "./types.js";
import { lowerFirst } from "./variables.js";

/** `dotted`: whether an entry that begins with a dot takes in a host. */
const nodeHttp = (
  major: 22 | 24,
  condition: string,
  dotted: (host: string, suffix: string) => boolean,
): ProxyModel => ({
  id: `node${major}-http`,
  tool: `Node ${major} http.request`,
  variables: lowerFirst,
  // It takes any other scheme for "no proxy", and connects past it.
  unknownScheme: "direct",
  edges: nodeEdges,
  condition,
  bypasses: (noProxy, target) =>
    entries(noProxy).some((entry) => common(entry, target) || (entry.startsWith(".") && dotted(target.host, entry))),
});

/** `http.request` of Node 24 and 26 under NODE_USE_ENV_PROXY. A name without a dot in front is that name alone. */
export const node24Http = nodeHttp(
  24,
  "reads them only with NODE_USE_ENV_PROXY=1",
  (host, suffix) => host === suffix.slice(1) || host.endsWith(suffix),
);

/** The same of Node 22.21: `.example.com` is a suffix of the text there, so it takes in `badexample.com`. */
export const node22Http = nodeHttp(22, "reads them only with NODE_USE_ENV_PROXY=1 (22.21 and later)", (host, suffix) =>
  host.endsWith(suffix.slice(1)),
);

const entries = (noProxy: string): string[] => noProxy.split(",").map((entry) => entry.trim().toLowerCase());

function common(entry: string, target: ReadTarget): boolean {
  if (entry === "") return false;
  if (entry === "*" || entry === target.host || entry === `${target.host}:${target.port}`) return true;
  if (entry.startsWith("*.")) return target.host.endsWith(entry.slice(1));
  return inIPv4Range(entry, target.host);
}

function inIPv4Range(entry: string, host: string): boolean {
  const [first, last, ...rest] = entry.split("-").map((end) => end.trim());
  if (first === undefined || last === undefined || rest.length > 0) return false;
  if (!isIPv4(host) || !isIPv4(first) || !isIPv4(last)) return false;
  return toNumber(first) <= toNumber(host) && toNumber(host) <= toNumber(last);
}

const toNumber = (address: string): number => address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
