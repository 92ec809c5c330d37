import type { LookupFunction } from "node:net";
import { monotonic, now } from "./clock.js";
import { assertReadable } from "./read-rights.js";
import type {
  Address,
  OwnerCheck,
  FileStat,
  LoginPlace,
  NetworkView,
  PathWatch,
  ProxyAddress,
  RunOptions,
  StoredLogin,
  System,
} from "../base/system.js";

/**
 * The real machine, with single parts replaced where a test or an embedding program wants that. What Node must load for a
 * part is loaded when that part is first used.
 */
export function createSystem(overrides: Partial<System> = {}): System {
  return { ...machine, ...overrides };
}

const machine: System = {
  platform: process.platform,
  nodeVersion: process.versions.node,
  now,
  monotonic,
  async readFile(path: string): Promise<Buffer> {
    const { readFile } = await import("node:fs/promises");
    return readFile(path);
  },
  async readDirectory(path: string): Promise<readonly string[]> {
    assertReadable(path);
    const { readdir } = await import("node:fs/promises");
    return readdir(path);
  },
  async stat(path: string): Promise<FileStat> {
    assertReadable(path);
    const { stat } = await import("node:fs/promises");
    return stat(path);
  },
  async watch(paths: readonly string[], onChange: () => void): Promise<PathWatch> {
    const { watchPaths } = await import("./watch-paths.js");
    return watchPaths(paths, onChange);
  },
  async network(): Promise<() => NetworkView> {
    const { networkReader } = await import("./network/index.js");
    return networkReader(process.platform);
  },
  async lookup(hostname: string): Promise<readonly Address[]> {
    const { lookup } = await import("node:dns/promises");
    // `verbatim`: which family comes first is the resolver's to say (RFC 6724), and the dialer's to interleave (RFC 8305).
    const found = await lookup(hostname, { all: true, verbatim: true });
    return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
  },
  async run(command: string | readonly string[], options?: RunOptions): Promise<string> {
    const { runCommand } = await import("./command.js");
    return runCommand(command, options);
  },
  async owners(): Promise<OwnerCheck | undefined> {
    const { ownerCheck } = await import("./owners/index.js");
    return ownerCheck(process.platform);
  },
  storedLogins: {
    async read(proxy: ProxyAddress): Promise<StoredLogin | undefined> {
      const { openProxyLogins } = await import("./proxy-logins.js");
      return openProxyLogins().read(proxy);
    },
    async find(proxy: ProxyAddress): Promise<LoginPlace | undefined> {
      const { openProxyLogins } = await import("./proxy-logins.js");
      return openProxyLogins().find(proxy);
    },
  },
};

/** A system whose names are resolved by `lookup`, a function in the manner of `dns.lookup`. */
export function withLookup(system: System, lookup: LookupFunction | undefined): System {
  if (lookup === undefined) return system;
  return {
    ...system,
    lookup: (hostname) =>
      new Promise<readonly Address[]>((resolve, reject) => {
        lookup(hostname, { all: true, verbatim: true }, (error, found, family) => {
          if (error) reject(error);
          // An older lookup may not know of `all`.
          else if (typeof found === "string") resolve([{ address: found, family: family === 6 ? 6 : 4 }]);
          else resolve(found.map((each) => ({ address: each.address, family: each.family === 6 ? 6 : 4 })));
        });
      }),
  };
}
