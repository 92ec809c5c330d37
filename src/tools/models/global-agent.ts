import type { ProxyModel } from "./types.js";

/** Entries are globs; a leading dot stands for `*`, and a port counts only where the URL spells one out. */
export const globalAgent: ProxyModel = {
  id: "global-agent",
  tool: "global-agent",
  variables: {
    http: ["GLOBAL_AGENT_HTTP_PROXY"],
    https: ["GLOBAL_AGENT_HTTPS_PROXY", "GLOBAL_AGENT_HTTP_PROXY"],
    noProxy: ["GLOBAL_AGENT_NO_PROXY"],
  },
  schemes: ["http"],
  condition: "reads variables with the prefix GLOBAL_AGENT_",
  bypasses(noProxy, target) {
    return noProxy.split(/[\s,]+/).some((entry) => {
      const parts = /^(?<host>.+?)(?::(?<port>\d+))?$/.exec(entry.replace(/^\./, "*"))?.groups;
      if (parts?.["host"] === undefined) return false;
      const port = parts["port"];
      return globMatches(parts["host"], target.hostname) && (port === undefined || port === target.writtenPort);
    });
  },
};

/** Each part at the first place where it fits: a regular expression would try all of them together. */
function globMatches(glob: string, host: string): boolean {
  const text = host.toLowerCase();
  const [first = "", ...rest] = glob.toLowerCase().split("*");
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
