import { existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { filesOf } from "../clients/index.js";
import type { DialContext } from "../dial/types.js";
import { configFilePaths, proxyLoginFile } from "../env/index.js";
import { storeFiles } from "../trust/index.js";
import { proxiesOf } from "./plan.js";
import type { ChildPlan } from "./types.js";

/** Packages of others of which the preload loads something: what speaks HTTP, and what runs PAC files. */
const packages = ["undici", "quickjs-wasi"] as const;

export interface OwnFilesInput {
  readonly context: DialContext;
  readonly mode: Exclude<ChildPlan["preload"], "none">;
  /** The preload's file. */
  readonly preload: string;
  /** The private folder of the child's environment. */
  readonly folder: string;
  /** The variables that the settings are read from in the child. */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * What the preload reads in a program, in the form of `--allow-fs-read`: this package and what it loads of others, the files that the child's
 * variables name, and those that the settings come from. No key nor certificate where the gateway presents it.
 */
export async function ownFiles(input: OwnFilesInput): Promise<string[]> {
  const { context, mode, preload, folder, variables } = input;
  const { policy, system } = context;
  const root = join(dirname(preload), "..", "..");
  const packaged = [join(root, "*"), ...packages.flatMap((name) => folderOf(name, preload))];
  const places = configFilePaths({ variables, prefix: policy.prefix });
  const settings = mode === "dials" ? await settingsFiles(input) : storeFiles(policy.trust.stores, system.platform);
  return [...new Set([...packaged, join(folder, "*"), ...places, ...settings])];
}

/** What a process that dials by itself reads. */
async function settingsFiles({ context: { policy, system }, variables }: OwnFilesInput): Promise<string[]> {
  const directories = new Set(policy.trust.directories.map(({ value }) => value));
  const files = filesOf(policy, system.platform);
  const withoutLogin = proxiesOf(policy).filter(({ login }) => login === undefined);
  return [
    ...files.flatMap((path) => (directories.has(path) ? [path, join(path, "*")] : [path])),
    ...(await Promise.all(withoutLogin.map((proxy) => proxyLoginFile(proxy, variables)))),
  ];
}

/** As it is found, and where it is: package managers put links there. */
function folderOf(name: string, preload: string): string[] {
  const places = createRequire(preload).resolve.paths(name) ?? [];
  const found = places.map((place) => join(place, name)).find((place) => existsSync(place));
  return found === undefined ? [] : [...new Set([found, realpathSync(found)])].map((place) => join(place, "*"));
}
