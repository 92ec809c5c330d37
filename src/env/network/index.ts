import type { NetworkView } from "../../base/system.js";
import { readLinuxNetwork } from "./linux.js";
import { readMacosNetwork } from "./macos.js";
import type { NetworkPlaces, NetworkReader } from "./types.js";
import { readWindowsNetwork } from "./windows.js";

export type { NetworkPlaces } from "./types.js";

/** Of a file: the default routes come first, and a router has a million others. */
const mostBytes = 65_536;

/** Gives what reads the network of this machine: some fifty microseconds on Linux, no program, no privileges. */
export function networkReader(platform: NodeJS.Platform, places: NetworkPlaces = machine()): () => NetworkView {
  const read = readerFor(platform);
  return () => read(places);
}

function readerFor(platform: NodeJS.Platform): NetworkReader {
  if (platform === "win32") return readWindowsNetwork;
  return platform === "linux" || platform === "android" ? readLinuxNetwork : readMacosNetwork;
}

function machine(): NetworkPlaces {
  const { networkInterfaces } = process.getBuiltinModule("node:os");
  const { closeSync, openSync, readSync } = process.getBuiltinModule("node:fs");
  const buffer = Buffer.allocUnsafe(mostBytes);
  const readFile = (path: string): string | undefined => {
    let descriptor: number | undefined;
    try {
      descriptor = openSync(path, "r");
      let size = 0;
      // Files of the kernel come in pages.
      for (let more = 1; more > 0 && size < mostBytes; size += more)
        more = readSync(descriptor, buffer, size, mostBytes - size, null);
      return buffer.toString("latin1", 0, size);
    } catch {
      return undefined;
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  };
  return { interfaces: interfacesOf(networkInterfaces), readFile };
}

/** Android lets no app ask: then nothing is said of them. */
function interfacesOf(networkInterfaces: typeof import("node:os").networkInterfaces): NetworkPlaces["interfaces"] {
  return () => {
    try {
      return networkInterfaces();
    } catch {
      return {};
    }
  };
}
