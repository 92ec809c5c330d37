import { Secret } from "../../base/secret.js";
import { readExceptions } from "./exceptions.js";
import type { OsProxyReader, OsProxyServer, OsProxySettings } from "./types.js";

const from = "GNOME's settings";
const schema = "org.gnome.system.proxy";

/** GNOME, and the desktops that keep their settings in its place. */
export const readGnomeProxy: OsProxyReader = ({ run }) =>
  parseGsettings(run("gsettings", ["list-recursively", schema]));

/** Reads what `gsettings list-recursively org.gnome.system.proxy` prints: lines of schema, key and value in GVariant's text form. */
export function parseGsettings(text: string): OsProxySettings | undefined {
  const values = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, path = "", key = "", value = ""] = /^(\S+) (\S+) (.*?)\s*$/.exec(line) ?? [];
    if (path === schema || path.startsWith(`${schema}.`)) values.set(`${path.slice(schema.length + 1)}/${key}`, value);
  }
  const string = (name: string): string => strings(values.get(name) ?? "")[0] ?? "";
  const mode = string("/mode");
  if (mode === "auto") {
    const pac = string("/autoconfig-url");
    return { from, ...(pac === "" ? { detects: true as const } : { pac }), exceptions: [] };
  }
  if (mode !== "manual") return undefined;

  const server = (name: string, protocol: OsProxyServer["protocol"]): OsProxyServer | undefined => {
    const host = string(`${name}/host`).trim();
    if (host === "") return undefined;
    const port = Number(/\d+$/.exec(values.get(`${name}/port`) ?? "0")?.[0] ?? 0);
    const bare = /^[\da-f:]*:[\da-f:]*:[\da-f:.]*$/i.test(host) ? `[${host}]` : host;
    return { protocol, address: port === 0 ? bare : `${bare}:${port}` };
  };
  const plain = server("http", "http");
  const login = values.get("http/use-authentication") === "true" && {
    login: {
      username: string("http/authentication-user"),
      password: new Secret(string("http/authentication-password")),
    },
  };
  const socks = server("socks", "socks5h");
  const http = plain === undefined ? socks : { ...plain, ...login };
  const https = server("https", "http") ?? socks;
  if (http === undefined && https === undefined) return undefined;
  return {
    from,
    ...(https && { https }),
    ...(http && { http }),
    ...readExceptions(strings(values.get("/ignore-hosts") ?? "")),
  };
}

/** The strings in a value of GVariant's text form: `'text'`, `"it's"`, `['a', 'b']`, `@as []`. */
function strings(value: string): string[] {
  const found = value.matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/gs);
  return Array.from(found, ([, single, double]) => (single ?? double ?? "").replace(/\\(.)/gs, "$1"));
}
