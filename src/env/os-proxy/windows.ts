import { readExceptions } from "./exceptions.js";
import type { OsProxyReader, OsProxyServer, OsProxySettings } from "./types.js";

const settings = "Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings";
const policies = "HKLM\\Software\\Policies\\Microsoft\\Windows\\CurrentVersion\\Internet Settings";

/**
 * The settings that browsers use (those of the user, or of the machine where a policy says so); else those of WinHTTP, which
 * `netsh winhttp set proxy` makes. From the registry, since what `netsh` prints is in the language of the machine.
 */
export const readWindowsProxy: OsProxyReader = ({ run }) => {
  const query = (key: string, ...more: string[]): string => {
    try {
      return run("reg", ["query", key, ...more]);
    } catch {
      // The key is not there: that is how most of them are found.
      return "";
    }
  };
  const perMachine = /^\s+ProxySettingsPerUser\s+REG_DWORD\s+0x0\s*$/m.test(query(policies));
  const own = parseInternetSettings(query(`${perMachine ? "HKLM" : "HKCU"}\\${settings}`));
  return own ?? parseWinHttp(query(`HKLM\\${settings}\\Connections`, "/v", "WinHttpSettings"));
};

/** Reads what `reg query` prints of the key "Internet Settings". */
export function parseInternetSettings(text: string): OsProxySettings | undefined {
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const [, name, value = ""] = /^\s+(\S+)\s+REG_\w+\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined) values.set(name, value);
  }
  const isOn = Number(values.get("ProxyEnable") ?? 0) !== 0;
  const pac = values.get("AutoConfigURL") ?? "";
  const servers = isOn ? parseServers(values.get("ProxyServer") ?? "") : {};
  if (pac === "" && servers.https === undefined && servers.http === undefined) return undefined;
  return {
    from: "Windows' internet settings",
    ...servers,
    ...(pac !== "" && { pac }),
    ...readExceptions(isOn ? (values.get("ProxyOverride") ?? "").split(/[;\s]+/) : []),
  };
}

/**
 * Reads the value WinHttpSettings: lengths are 32 bits, little endian. After version and a counter stand flags (2: a proxy is named), then
 * the proxies and the exceptions, each behind its length.
 */
export function parseWinHttp(text: string): OsProxySettings | undefined {
  const hex = /WinHttpSettings\s+REG_BINARY\s+([0-9a-f]+)/i.exec(text)?.[1] ?? "";
  const bytes = Buffer.from(hex, "hex");
  if (bytes.length < 16 || (bytes.readUInt32LE(8) & 2) === 0) return undefined;
  const proxies = textAt(bytes, 12);
  const servers = parseServers(proxies.text);
  if (servers.https === undefined && servers.http === undefined) return undefined;
  const exceptions = textAt(bytes, proxies.end).text.split(/[;\s]+/);
  return { from: "Windows' WinHTTP settings", ...servers, ...readExceptions(exceptions) };
}

function textAt(bytes: Buffer, offset: number): { text: string; end: number } {
  if (offset + 4 > bytes.length) return { text: "", end: bytes.length };
  const end = offset + 4 + bytes.readUInt32LE(offset);
  return { text: bytes.toString("latin1", offset + 4, end), end };
}

/** `proxy:8080` for all, or `http=a:80;https=b:443;socks=c:1080`. SOCKS is version 4 there. */
function parseServers(text: string): Pick<OsProxySettings, "https" | "http"> {
  const parts = text.split(/[;\s]+/).filter((part) => part !== "");
  const named = new Map<string, string>();
  for (const part of parts) {
    const [, scheme = "", address = part] = /^(https?|socks|ftp)=(.*)$/i.exec(part) ?? [];
    if (address !== "" && !named.has(scheme.toLowerCase())) named.set(scheme.toLowerCase(), address);
  }
  const server = (scheme: string): OsProxyServer | undefined => {
    const address = named.get(scheme) ?? named.get("");
    return address === undefined ? undefined : { protocol: "http", address };
  };
  const socksAddress = named.get("socks");
  const socks: OsProxyServer | undefined =
    socksAddress === undefined ? undefined : { protocol: "socks4", address: socksAddress };
  const https = server("https") ?? socks;
  const http = server("http") ?? socks;
  return { ...(https && { https }), ...(http && { http }) };
}
