import { urlEdges } from "./edges.js";
import { isIP } from "node:net";
import { decidedByForm, isLoopbackAddress, sameAddress, splitPort, toAscii, withoutTrailingDot } from "./address.js";
import { proxyFromEnvBypasses } from "./proxy-from-env.js";
import type { ProxyModel, ReadTarget } from "./types.js";
import { lowerFirstThenAll } from "./variables.js";

/**
 * axios asks proxy-from-env first and a matcher of its own (addresses by value, any loopback name for any other) second:
 * either can keep a host away from the proxy.
 */
export const axios: ProxyModel = {
  id: "axios",
  tool: "axios 1.21",
  variables: lowerFirstThenAll,
  edges: urlEdges,
  bypasses(noProxy, target) {
    if (proxyFromEnvBypasses(noProxy, target)) return true;
    return noProxy
      .toLowerCase()
      .split(/[\s,]+/)
      .some((entry) => entryMatches(entry, target));
  },
};

function entryMatches(entry: string, target: ReadTarget): boolean {
  const decided = decidedByForm(entry, target);
  if (decided !== undefined) return decided;
  const { host } = splitPort(entry);
  const asked = withoutTrailingDot(target.host);
  const name = withoutTrailingDot(toAscii(host.replace(/^\*/, "")));
  if (name === "") return false;
  if (name.startsWith(".")) return asked.endsWith(name);
  return asked === name || sameAddress(asked, name) || (isLoopback(asked) && isLoopback(name));
}

const isLoopback = (host: string): boolean => host === "localhost" || isLoopbackAddress(host) || isUnspecified(host);

const isUnspecified = (host: string): boolean => isIP(host) !== 0 && (host === "0.0.0.0" || sameAddress(host, "::"));
