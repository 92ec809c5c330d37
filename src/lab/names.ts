import { isIP, isIPv4, type LookupFunction } from "node:net";
import type { EventLog } from "./log.js";

/** What the name table needs to know of an origin. */
export interface NamedOrigin {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly tls: boolean;
}

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Where a proxy finds a target, or why it does not. */
export type Resolution = Endpoint | "unknown" | "forbidden";

/** The two name services of the lab: what its proxies can resolve, and what a client's own machine can. */
export class Names {
  readonly #origins = new Set<NamedOrigin>();
  readonly #log: EventLog;

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** @throws RangeError when an origin with the same name and the same kind of port is there. */
  add(origin: NamedOrigin): void {
    if (this.#bearer(origin.name, origin.tls) !== undefined)
      throw new RangeError(`the lab has an origin ${origin.name} already`);
    this.#origins.add(origin);
  }

  remove(origin: NamedOrigin): void {
    this.#origins.delete(origin);
  }

  /** `host` as it stands in a CONNECT or an absolute URL: a name, or an IP address without brackets. `by` is the proxy. */
  resolve(by: string, host: string, port: number): Resolution {
    // The lab never leaves the machine, whatever it is asked.
    if (isIP(host) !== 0) return isLoopback(host) ? { address: host, port } : "forbidden";
    const name = normalize(host);
    const found = this.#find(name, port);
    this.#log.add({ by, kind: "resolve", name, ok: found !== undefined });
    return found ?? "unknown";
  }

  /** Callback in the manner of `dns.lookup`, with `all` and `family`. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    const name = normalize(hostname);
    const addresses = this.#clientAddresses(name).filter((address) => familyFits(options.family, address));
    this.#log.add({ by: "client", kind: "resolve", name, ok: addresses.length > 0 });
    // Never before the caller's own code has run on: dns.lookup is always asynchronous.
    setImmediate(() => {
      const [first] = addresses;
      if (first === undefined) {
        const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), {
          code: "ENOTFOUND",
          errno: -3008,
          syscall: "getaddrinfo",
          hostname,
        });
        callback(error, "", 0);
      } else if (options.all === true) {
        callback(
          null,
          addresses.map((address) => ({ address, family: isIP(address) })),
        );
      } else {
        callback(null, first, isIP(first));
      }
    });
  };

  #bearer(name: string, tls: boolean): NamedOrigin | undefined {
    return [...this.#origins].find((origin) => origin.name === name && origin.tls === tls);
  }

  #find(name: string, port: number): Endpoint | undefined {
    const origins = [...this.#origins];
    // Virtual hosts: the well-known ports stand for the real ones, so that URLs need no port.
    const virtual = port === 443 || port === 80 ? this.#bearer(name, port === 443) : undefined;
    if (virtual !== undefined) return { address: virtual.address, port: virtual.port };

    const namesakes = origins.filter((origin) => origin.name === name);
    const onPort = origins.filter((origin) => origin.port === port);
    const named =
      namesakes.find((origin) => origin.port === port) ??
      (isLocal(name) || isOurs(name) ? onPort[0] : undefined) ??
      namesakes[0];
    if (named !== undefined) return { address: named.address, port };
    return isLocal(name) ? { address: "127.0.0.1", port } : undefined;
  }

  #clientAddresses(name: string): readonly string[] {
    if (isIP(name) !== 0) return [name];
    if (!isLocal(name) && !name.endsWith(".inside.test")) return [];
    const bearer = [...this.#origins].find((origin) => origin.name === name);
    return bearer === undefined ? ["127.0.0.1", "::1"] : [bearer.address];
  }
}

const normalize = (host: string): string => host.toLowerCase().replace(/\.$/, "");
const isLocal = (name: string): boolean => name === "localhost" || name.endsWith(".localhost");
const isOurs = (name: string): boolean => name.endsWith(".lab.test") || name.endsWith(".inside.test");

function isLoopback(address: string): boolean {
  if (isIPv4(address)) return address.startsWith("127.");
  // The URL parser knows every spelling of ::1, and writes v4-mapped addresses in one way.
  const canonical = new URL(`http://[${address}]`).hostname;
  return canonical === "[::1]" || canonical.startsWith("[::ffff:7f");
}

function familyFits(family: number | "IPv4" | "IPv6" | undefined, address: string): boolean {
  if (family === 4 || family === "IPv4") return isIPv4(address);
  if (family === 6 || family === "IPv6") return !isIPv4(address);
  return true;
}
