import { posix } from "node:path";
import { readExceptions } from "./exceptions.js";
import type { OsPlaces, OsProxyReader, OsProxyServer, OsProxySettings } from "./types.js";

const from = "KDE's settings";

/** KDE's settings are a file, `kioslaverc`: the user's, else the first of the system's. */
export const readKdeProxy: OsProxyReader = (places) => {
  for (const path of kioslavercPaths(places)) {
    try {
      return parseKioslaverc(places.readFile(path));
    } catch {
      // Not there, or not to be read: the next one counts.
    }
  }
  return undefined;
};

function kioslavercPaths({ home, variable }: OsPlaces): string[] {
  const user = variable("XDG_CONFIG_HOME") ?? posix.join(home, ".config");
  const system = (variable("XDG_CONFIG_DIRS") ?? "/etc/xdg").split(":");
  return [user, ...system].filter((path) => posix.isAbsolute(path)).map((path) => posix.join(path, "kioslaverc"));
}

/** Reads `[Proxy Settings]` of `kioslaverc`. Its `ProxyType`: 0 none, 1 by hand, 2 a PAC file, 3 WPAD, 4 variables, which are read as they are. */
export function parseKioslaverc(text: string): OsProxySettings | undefined {
  const values = new Map<string, string>();
  let section = "";
  for (const line of text.split(/\r?\n/)) {
    const header = /^\[(.*)\]\s*$/.exec(line)?.[1];
    if (header !== undefined) section = header;
    // `Key[$e]=`: the value may hold variables of the shell, which no proxy of KDE's own dialog does.
    const [, name, value = ""] = /^([^=[]+?)(?:\[[^\]]*\])?\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (section === "Proxy Settings" && name !== undefined) values.set(name, value);
  }
  const pac = values.get("Proxy Config Script") ?? "";
  switch (values.get("ProxyType")) {
    case "1":
      return byHand(values);
    case "2":
      return pac === "" ? undefined : { from, pac: pac.startsWith("/") ? `file://${pac}` : pac, exceptions: [] };
    case "3":
      return { from, detects: true, exceptions: [] };
    default:
      return undefined;
  }
}

function byHand(values: ReadonlyMap<string, string>): OsProxySettings | undefined {
  const socks = server(values.get("socksProxy"), "socks5h");
  const https = server(values.get("httpsProxy"), "http") ?? socks;
  const http = server(values.get("httpProxy"), "http") ?? socks;
  if (https === undefined && http === undefined) return undefined;
  if (values.get("ReversedException") === "true") return { from, exceptions: [], problem: { kind: "only-for-some" } };
  return {
    from,
    ...(https && { https }),
    ...(http && { http }),
    ...readExceptions((values.get("NoProxyFor") ?? "").split(/[,\s]+/)),
  };
}

/** `http://proxy.example 8080`, or with a colon before the port. */
function server(text: string | undefined, protocol: OsProxyServer["protocol"]): OsProxyServer | undefined {
  const address = (text ?? "").trim().replace(/\s+(?=\d+$)/, ":");
  if (address === "" || address === ":") return undefined;
  return { protocol, address: address.replace(/^socks:\/\//i, "").replace(/^http:\/\//i, "") };
}
