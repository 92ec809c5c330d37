import type { ConnectError } from "../base/errors.js";
import { formatPem } from "../base/pem.js";
import type { System } from "../base/system.js";
import { raiseSeverity, settingName } from "../policy/index.js";
import type { FileSetting, TrustSettings } from "../policy/types.js";
import { readAuthorityDirectory } from "./authority-directory.js";
import { readAuthorityFile, type Authorities, type AuthorityReader } from "./authority-file.js";
import { bundledAuthorities } from "./bundled.js";
import { createJudge, judgeStored, type Judge } from "./certificate.js";
import type { Missing, MissingOptions } from "./missing.js";
import { readSystemStore, type StoreContent } from "./system-store.js";
import type { TrustBundle, TrustSource } from "./types.js";

export { bundleFiles } from "./store-linux.js";
export type { Lying, Missing } from "./missing.js";
export { storeFiles } from "./system-store.js";
export type { TrustBundle, TrustSource } from "./types.js";

export interface LoadTrustOptions {
  /** Warnings count as errors; default false. */
  readonly strict?: boolean;
  /** Of the variables that remedies speak of; default SALLYPORT. */
  readonly prefix?: string;
}

/**
 * Merges all authorities that the settings speak of: Node's own, the operating system's, and those of files and
 * directories. Every source adds; none replaces another, whatever its variable does in other programs. Never rejects: what is
 * wrong is among `faults` and `warnings`, and what is good counts all the same.
 */
export async function loadTrust(
  settings: TrustSettings,
  system: System,
  options: LoadTrustOptions = {},
): Promise<TrustBundle> {
  const stores = settings.stores.value;
  const wantsSystem = stores.includes("system");
  const none: StoreContent = { certificates: [], faults: [] };
  const [bundled, store] = await Promise.all([
    bundledAuthorities(),
    wantsSystem ? readSystemStore(settings.stores, system, { prefix: options.prefix ?? "SALLYPORT" }) : none,
  ]);
  const judge = await createJudge(bundled, system.now());
  const fromStore = judgeStore(store, { bundled, judge, now: system.now() });
  const reader: AuthorityReader = { system, judge, expiredInStore: fromStore.expiredOnes };
  const [files, directories] = await Promise.all([
    Promise.all(settings.files.map((file) => readAuthorityFile(file, reader))),
    Promise.all(settings.directories.map((directory) => readAuthorityDirectory(directory, reader))),
  ]);

  const merged = new Merger(bundled);
  if (stores.includes("bundled")) merged.add("bundled", { certificates: [...bundled], expired: 0, faults: [] });
  if (wantsSystem) merged.add("system", fromStore);
  files.forEach((file, index) => merged.add(sourceName(settings.files[index], file), file));
  directories.forEach((directory, index) => merged.add(sourceName(settings.directories[index], directory), directory));
  return merged.finish(options.strict ?? false, system.now());
}

/**
 * The authorities of `bundle` by which a chain holds that was refused by all of them, or undefined where there are none.
 *
 * @param shown DER of what the server sent, its own certificate first
 */
export async function narrowTrust(
  bundle: TrustBundle,
  shown: readonly Buffer[],
  now: number,
): Promise<TrustBundle | undefined> {
  const { narrowBundle } = await import("./narrow.js");
  return narrowBundle(bundle, shown, now);
}

/** Authorities among those that the settings name on which other programs fail: see breakers.ts. Never rejects. */
export async function findChainBreakers(
  settings: TrustSettings,
  system: System,
  options: { readonly prefix?: string } = {},
): Promise<readonly ConnectError[]> {
  const breakers = await import("./breakers.js");
  return breakers.findChainBreakers(settings, system, options);
}

/** The authority that a chain lacks, and where on this machine it lies; see missing.ts. Never rejects. */
export async function findMissing(
  shown: readonly Buffer[],
  system: System,
  options: MissingOptions,
): Promise<Missing | undefined> {
  const missing = await import("./missing.js");
  return missing.findMissing(shown, system, options);
}

/** What is not a path for certain is not shown unless something was found there. */
function sourceName(setting: FileSetting | undefined, { certificates }: Authorities): string {
  if (setting === undefined) return "";
  const { value, source, doubtful, fault } = setting;
  const shown = fault === undefined && (!doubtful || certificates.length > 0);
  return shown ? value : `what ${settingName(source)} names`;
}

/** Operating systems keep authorities beyond their time; that is no concern of the person at the machine. */
function judgeStore(
  store: StoreContent,
  { bundled, judge, now }: { readonly bundled: ReadonlySet<string>; readonly judge: Judge; readonly now: number },
): Authorities & { readonly expiredOnes: ReadonlySet<string> } {
  const certificates: string[] = [];
  const expiredOnes = new Set<string>();
  for (const base64 of store.certificates) {
    const kind = bundled.has(base64) ? "good" : judgeStored(base64, judge, now);
    if (kind === "good") certificates.push(base64);
    else if (kind === "expired") expiredOnes.add(base64);
  }
  return { certificates, expired: expiredOnes.size, faults: store.faults, expiredOnes };
}

/** A source of which it is counted how many of its certificates came into the bundle. */
type Found = { -readonly [Key in keyof TrustSource]: TrustSource[Key] };

class Merger {
  readonly #bundled: ReadonlySet<string>;
  /** Where each was found first, by the base64 of the DER: two files that wrap their lines differently hold the same certificate. */
  readonly #merged = new Map<string, Found>();
  readonly #sources: Found[] = [];
  readonly #faults: ConnectError[] = [];

  constructor(bundled: ReadonlySet<string>) {
    this.#bundled = bundled;
  }

  add(name: string, { certificates, expired, faults }: Authorities): void {
    const source: Found = { name, found: certificates.length, added: 0, expired };
    for (const base64 of certificates) if (!this.#merged.has(base64)) this.#merged.set(base64, source);
    this.#sources.push(source);
    this.#faults.push(...faults);
  }

  async finish(strict: boolean, now: number): Promise<TrustBundle> {
    const [{ createHash }, { arrangeAuthorities }] = await Promise.all([import("node:crypto"), import("./arrange.js")]);
    const arranged = arrangeAuthorities(this.#merged.keys(), this.#bundled, now);
    const certificates: string[] = [];
    const extra: string[] = [];
    for (const base64 of arranged) {
      const source = this.#merged.get(base64);
      if (source !== undefined) source.added++;
      const pem = formatPem("CERTIFICATE", base64);
      certificates.push(pem);
      if (!this.#bundled.has(base64)) extra.push(pem);
    }
    const all = strict ? this.#faults.map(raiseSeverity) : this.#faults;
    return {
      id: createHash("sha256").update(arranged.toSorted().join()).digest("hex"),
      certificates,
      extra,
      sources: this.#sources,
      faults: all.filter(({ severity }) => severity === "error"),
      warnings: all.filter(({ severity }) => severity === "warning"),
    };
  }
}
