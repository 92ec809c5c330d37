import type { ConnectError } from "../base/errors.js";
import { certificateOf, isCertificateBlock } from "../base/pem-certificate.js";
import { readPem } from "../base/pem.js";
import type { System } from "../base/system.js";
import type { TrustSettings } from "../policy/types.js";
import { storeUnreadable } from "./faults.js";
import { bundleFiles, readLinuxStore } from "./store-linux.js";
import type { ReadStore } from "./types.js";

export interface StoreContent {
  /** Base64 of the DER. */
  readonly certificates: readonly string[];
  readonly faults: readonly ConnectError[];
}

/** PowerShell takes seconds on a machine with a virus scanner; what is slower than this is stuck. */
const storeTimeout = 10_000;
/** Stores that a child process reads are kept for so long (milliseconds). Reading a file is cheaper than being wrong. */
const keptFor = 10 * 60_000;

interface Kept {
  readonly at: number;
  readonly content: Promise<StoreContent>;
}

/** By the way of running commands: systems made again for each caller share the machine's own. */
const kept = new WeakMap<System["run"], Kept>();

export interface SystemStoreOptions {
  /** Milliseconds, default 10 000. */
  readonly timeout?: number;
  /** Of the variable that leaves the store out, for the remedy. */
  readonly prefix: string;
}

/** The operating system's authorities. Never throws and never hangs: a store that cannot be read is a warning. */
export function readSystemStore(
  stores: TrustSettings["stores"],
  system: System,
  options: SystemStoreOptions,
): Promise<StoreContent> {
  const slow = system.platform === "darwin" || system.platform === "win32";
  const known = slow ? kept.get(system.run) : undefined;
  if (known !== undefined && system.monotonic() - known.at < keptFor) return known.content;
  const content = readNow(stores, system, options);
  if (slow) {
    kept.set(system.run, { at: system.monotonic(), content });
    // A failure may pass (a locked keychain, a busy machine): the next caller tries again.
    void content.then(({ faults }) => faults.length > 0 && kept.delete(system.run));
  }
  return content;
}

/** The files that hold the system's store, whichever of them exists; none where the store is not a file (macOS, Windows). */
export function storeFiles(stores: TrustSettings["stores"], platform: NodeJS.Platform): readonly string[] {
  const isFile = platform !== "darwin" && platform !== "win32";
  return isFile && stores.value.includes("system") ? bundleFiles : [];
}

async function readNow(
  stores: TrustSettings["stores"],
  system: System,
  { timeout = storeTimeout, prefix }: SystemStoreOptions,
): Promise<StoreContent> {
  try {
    const read = await readerFor(system.platform);
    const bytes = await read(system, timeout);
    return { certificates: certificatesOf(bytes), faults: [] };
  } catch (cause) {
    return { certificates: [], faults: [storeUnreadable(stores, prefix, cause)] };
  }
}

async function readerFor(platform: NodeJS.Platform): Promise<ReadStore> {
  if (platform === "darwin") return (await import("./store-macos.js")).readMacosStore;
  if (platform === "win32") return (await import("./store-windows.js")).readWindowsStore;
  return readLinuxStore;
}

/** What the system itself trusts is beyond blame here: blocks of other kinds are passed over. */
function certificatesOf(bytes: Buffer): string[] {
  return readPem(bytes)
    .blocks.filter(isCertificateBlock)
    .map(certificateOf)
    .flatMap((certificate) => (certificate?.forServers === true ? certificate.base64 : []));
}
