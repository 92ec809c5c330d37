import { readExceptions } from "./exceptions.js";
import type { OsProxyReader, OsProxyServer, OsProxySettings } from "./types.js";

const from = "macOS' network settings";

/** `scutil --proxy` tells what counts for the network in use now, configuration profiles included. */
export const readMacosProxy: OsProxyReader = ({ run }) => parseScutil(run("/usr/sbin/scutil", ["--proxy"]));

/**
 * Reads what `scutil --proxy` prints: a dictionary of `Key : value` lines, with arrays in it. What stands in a dictionary inside (`__SCOPED__`,
 * the settings of single interfaces) is not what counts for all.
 */
export function parseScutil(text: string): OsProxySettings | undefined {
  const { values, exceptions } = topLevel(text);
  const isOn = (name: string): boolean => values.get(name) === "1";
  const server = (name: string, protocol: OsProxyServer["protocol"]): OsProxyServer | undefined => {
    const host = isOn(`${name}Enable`) ? values.get(`${name}Proxy`) : undefined;
    if (host === undefined || host === "") return undefined;
    const port = values.get(`${name}Port`) ?? "0";
    return { protocol, address: port === "0" ? host : `${host.includes(":") ? `[${host}]` : host}:${port}` };
  };
  const socks = server("SOCKS", "socks5h");
  const https = server("HTTPS", "http") ?? socks;
  const http = server("HTTP", "http") ?? socks;
  const pac = isOn("ProxyAutoConfigEnable") ? values.get("ProxyAutoConfigURLString") : undefined;
  const detects = isOn("ProxyAutoDiscoveryEnable");
  if (https === undefined && http === undefined && pac === undefined && !detects) return undefined;
  const read = readExceptions([...exceptions, ...(isOn("ExcludeSimpleHostnames") ? ["<local>"] : [])]);
  return {
    from,
    ...(https && { https }),
    ...(http && { http }),
    ...(pac !== undefined && pac !== "" && { pac }),
    ...(detects && { detects }),
    ...read,
  };
}

function topLevel(text: string): { values: ReadonlyMap<string, string>; exceptions: readonly string[] } {
  const values = new Map<string, string>();
  const exceptions: string[] = [];
  const within: string[] = [];
  for (const line of text.split("\n")) {
    const [, name = "", value = ""] = /^\s*(\S+) : (.*?)\s*$/.exec(line) ?? [];
    if (/\{\s*$/.test(line)) within.push(name);
    else if (/^\s*\}/.test(line)) within.pop();
    else if (within.length === 1) values.set(name, value);
    else if (within.length === 2 && within[1] === "ExceptionsList") exceptions.push(value);
  }
  return { values, exceptions };
}
