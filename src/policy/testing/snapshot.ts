import type { ConfigFile, Snapshot } from "../../env/index.js";

/** A snapshot of a machine on which nothing is set but this. */
export function snapshotOf(
  variables: Readonly<Record<string, string>> = {},
  changes: Partial<Snapshot> = {},
): Snapshot {
  return { variables, platform: "linux", cwd: "/work/repo", home: "/home/u", configFiles: [], ...changes };
}

export const userPath = "/home/u/.config/sallyport/config.json";
export const managedPath = "/etc/sallyport/config.json";

/** A config file with this text, or with this as JSON. */
export function configFile(content: unknown, changes: Partial<ConfigFile> = {}): ConfigFile {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  return { path: userPath, scope: "user", required: false, text, ...changes };
}

export function managedFile(content: unknown): ConfigFile {
  return configFile(content, { path: managedPath, scope: "managed" });
}
