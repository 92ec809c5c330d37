import { bareHost } from "./host-port.js";
import type { HostPort, SocketOptions } from "./types.js";

/** A TCP connection that a program asks node:net or node:tls for. */
export interface Asked {
  readonly options: SocketOptions;
  readonly peer: HostPort;
  readonly callback: (() => void) | undefined;
}

/** Where TLS is HTTP's, if nothing else is said of it. */
export const httpsPorts: ReadonlySet<number> = new Set([443, 8443]);

/** Where what a program connects to by hand is a web server, if nothing else is said of it. */
export const isWebPort = (port: number): boolean => port === 80 || port === 8080 || httpsPorts.has(port);

export const isPort = (port: number): boolean => Number.isInteger(port) && port >= 0 && port <= 65_535;

/**
 * `(options, callback?)` or `(port, host?, options?, callback?)`. Undefined for what is not a TCP connection of its own: a socket that
 * exists already, one of the file system.
 */
export function readArguments(given: readonly unknown[], usualPort: number): Asked | undefined {
  const [first, second] = given;
  const last = given.at(-1);
  const object = given.find((each): each is SocketOptions => typeof each === "object" && each !== null);
  const options: SocketOptions = { ...object };
  if (typeof first === "string" && !/^\d+$/.test(first)) return undefined;
  if (typeof first === "number" || typeof first === "string") options.port = Number(first);
  if (typeof second === "string") options.host = second;
  if (options.socket !== undefined && options.socket !== null) return undefined;
  if (typeof options.path === "string" || options["fd"] !== undefined || options["handle"] !== undefined)
    return undefined;
  const peer = {
    host: bareHost(options.host ?? "localhost"),
    port: Number((options as { port?: unknown }).port ?? usualPort),
  };
  return { options, peer, callback: typeof last === "function" ? (last as () => void) : undefined };
}

/** What `connect` of a socket is given: node:net hands its arguments on as one array, a program gives them one by one. */
export function readMethodArguments(given: readonly unknown[]): Asked | undefined {
  const [first] = given;
  const [options, ...others] = Array.isArray(first) ? (first as unknown[]) : given;
  // Mocks write down that there is no path.
  const hasNone = typeof options === "object" && options !== null && (options as { path?: unknown }).path === "";
  const asked = readArguments([hasNone ? { ...options, path: undefined } : options, ...others], Number.NaN);
  return asked !== undefined && isPort(asked.peer.port) ? asked : undefined;
}
