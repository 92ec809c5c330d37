import { goEdges } from "./edges.js";
import { inSubnet, isLoopbackAddress, sameAddress, splitPort, toAscii } from "./address.js";
import type { ProxyModel, ReadTarget } from "./types.js";
import { upperFirst } from "./variables.js";

/** golang.org/x/net/http/httpproxy. What Go's http.ProxyFromEnvironment does, hence gh, docker, kubectl, terraform. */
export const go: ProxyModel = {
  id: "go",
  tool: "Go net/http (gh, docker, kubectl)",
  variables: upperFirst,
  schemes: ["http", "https", "socks5", "socks5h"],
  edges: goEdges,
  bypasses(noProxy, target) {
    if (target.host === "localhost" || isLoopbackAddress(target.host)) return true;
    return noProxy.split(",").some((part) => entryMatches(part.trim().toLowerCase(), target));
  },
};

function entryMatches(entry: string, target: ReadTarget): boolean {
  if (entry === "") return false;
  if (entry === "*") return true;
  if (entry.includes("/")) return inSubnet(target.host, entry);
  const { host, port } = splitPort(entry);
  if (host === "" || (port !== undefined && port !== target.port)) return false;
  if (sameAddress(host, target.host)) return true;
  // A leading dot (or `*.`) excludes the domain itself: Go and curl part ways here.
  const suffix = host.startsWith("*.") ? host.slice(1) : host;
  if (suffix.startsWith(".")) return target.host.endsWith(toAscii(suffix));
  const domain = toAscii(suffix);
  return target.host === domain || target.host.endsWith(`.${domain}`);
}
