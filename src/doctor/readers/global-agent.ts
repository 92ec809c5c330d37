import type { Reader } from "./types.js";

/** Entries are globs; a leading dot stands for `*`, and a port counts only where the URL spells one out. */
export const globalAgent: Reader = {
  id: "global-agent",
  tool: "global-agent",
  variables: {
    http: ["GLOBAL_AGENT_HTTP_PROXY"],
    https: ["GLOBAL_AGENT_HTTPS_PROXY", "GLOBAL_AGENT_HTTP_PROXY"],
    noProxy: ["GLOBAL_AGENT_NO_PROXY"],
  },
  schemes: ["http"],
  unknownScheme: "fails",
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

function globMatches(glob: string, text: string): boolean {
  const pattern = glob.split("*").map((literal) => literal.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${pattern.join(".*")}$`, "i").test(text);
}
