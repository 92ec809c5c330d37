import type { ProxyModel } from "./types.js";
import { lowerFirstThenHttp } from "./variables.js";

const implicit = new Set(["localhost", "127.0.0.1", "::1"]);

/** @vscode/proxy-agent: what VS Code and its extensions get. Every entry is a suffix at a label boundary; no IPv6, no CIDR. */
export const vscode: ProxyModel = {
  id: "vscode",
  tool: "VS Code (@vscode/proxy-agent)",
  variables: lowerFirstThenHttp,
  schemes: ["http", "https", "socks4", "socks4a", "socks5", "socks5h", "socks"],
  condition: "its setting http.proxy comes first",
  bypasses(noProxy, target) {
    if (implicit.has(target.host)) return true;
    return noProxy
      .toLowerCase()
      .split(",")
      .some((part) => {
        const [name, port] = part.trim().split(":", 2);
        if (name === undefined || name === "") return false;
        if (port !== undefined && port !== String(target.port)) return false;
        if (name === "*") return port === undefined;
        return `.${target.hostname}`.endsWith(name.startsWith(".") ? name : `.${name}`);
      });
  },
};
