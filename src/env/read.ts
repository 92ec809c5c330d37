import { decodeText } from "../base/decode-text.js";
import { pemAsPath, pemIntoItsSetting } from "../base/faults-path.js";
import { readPathValue, type PathValue } from "../base/path-value.js";
import { showAs } from "../base/show-as.js";
import { claudeSettingsPaths } from "./claude-settings.js";
import { trustedFilePath } from "./data-folder.js";
import { linuxConfigPaths } from "./config-linux.js";
import { macosConfigPaths } from "./config-macos.js";
import { windowsConfigPaths } from "./config-windows.js";
import type { ConfigPaths } from "./config-paths.js";
import { readOsProxy, type OsProxySettings } from "./os-proxy/index.js";
import type { ConfigFile, Snapshot } from "./snapshot.js";

/** Reads a config file. Throws the ErrnoException of `fs.readFileSync`. */
export type ReadConfig = (path: string) => { readonly text: string; readonly mode?: number };

/** What is read in place of this process's own environment. */
export interface EnvironmentOptions {
  /** Default: `process.env`. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  /** Default: `process.platform`. */
  readonly platform?: NodeJS.Platform;
  /** Default: `process.cwd()`. */
  readonly cwd?: string;
  /** Default: `HOME` (`USERPROFILE` on Windows) of the given variables, else `os.homedir()`. */
  readonly home?: string;
  /** `<prefix>_CONFIG` names the config file. Default: `SALLYPORT`. */
  readonly prefix?: string;
  /** Default: the file system. */
  readonly readFile?: ReadConfig;
  /** Reads the proxy settings of the operating system. Default: those of this machine; none where `platform` is another one. */
  readonly osProxy?: () => OsProxySettings | undefined;
}

/**
 * Reads, once, what a policy is made from: the variables, and the config files of the user and of the administrator.
 * Synchronous, and never throws: a file that cannot be read is noted in the snapshot.
 *
 * The user's file is the one that `<prefix>_CONFIG` names, else `sallyport/config.json` in the user's configuration
 * directory. That place is the same for every prefix, since the file describes the network and not one program. Nothing in
 * the working directory is read unless `<prefix>_CONFIG` names it: a cloned repository must not redirect traffic.
 */
export function readEnvironment(options: EnvironmentOptions = {}): Snapshot {
  const { readFile = readFromDisk } = options;
  const { variables, platform, prefix, home, cwd, trusted, ...places } = findPlaces(options);
  const user =
    typeof places.user === "string"
      ? readConfigFile({ path: places.user, scope: "user", required: false }, readFile)
      : readNamedFile(places.user, readFile);
  const managed = readConfigFile({ path: places.managed, scope: "managed", required: false }, readFile);
  const configFiles = [managed, user].filter((file) => file !== undefined);
  const osProxy = once(options.osProxy ?? ownOsProxy({ variables, platform, home }));
  const claudeSettings = once(() => readClaudeSettings({ variables, platform, home }, readFile));
  const own = { trusted: { path: trusted, isThere: isThere(trusted) } };
  return unprintable({ variables, platform, cwd, home, configFiles, ...own, prefix, osProxy, claudeSettings });
}

function readClaudeSettings(
  { variables, platform, home }: Pick<Snapshot, "variables" | "platform" | "home">,
  readFile: ReadConfig,
): readonly ConfigFile[] {
  const places = { home, variable: variableReader(variables, platform) };
  return claudeSettingsPaths(platform, places, namesIn).flatMap(
    (place) => readConfigFile({ ...place, required: false }, readFile) ?? [],
  );
}

function namesIn(directory: string): readonly string[] {
  try {
    return process.getBuiltinModule("node:fs").readdirSync(directory);
  } catch {
    return [];
  }
}

function ownOsProxy(snapshot: Pick<Snapshot, "variables" | "platform" | "home">): NonNullable<Snapshot["osProxy"]> {
  const { variables, platform, home } = snapshot;
  if (platform !== process.platform) return () => undefined;
  return () => readOsProxy(platform, { home, variable: variableReader(variables, platform) }, variables);
}

function once<T>(read: () => T): (now?: boolean) => T {
  let known: { readonly value: T } | undefined;
  return (now = false) => (now ? read() : (known ??= { value: read() }).value);
}

/** Unless it says that there is none, who uses it is to say what is wrong with it. */
function isThere(path: string): boolean {
  return process.getBuiltinModule("node:fs").existsSync(path);
}

/** Where {@link readEnvironment} looks for files, whether there are any or not. The paths may be secrets in the wrong place. */
export function configFilePaths(options: EnvironmentOptions = {}): readonly string[] {
  const { user, managed, trusted } = findPlaces(options);
  if (typeof user === "string") return [managed, trusted, user];
  return user.kind === "path" ? [managed, trusted, user.path] : [managed, trusted];
}

interface Places extends Pick<Snapshot, "variables" | "platform" | "home" | "cwd"> {
  readonly prefix: string;
  readonly managed: string;
  /** The user's own bundle of authorities. */
  readonly trusted: string;
  /** A path where no setting names one. */
  readonly user: string | PathValue;
}

function findPlaces(options: EnvironmentOptions): Places {
  const { platform = process.platform, prefix = "SALLYPORT" } = options;
  const variables = definedVariables(options.variables ?? process.env);
  const variable = variableReader(variables, platform);
  const home = options.home ?? variable(platform === "win32" ? "USERPROFILE" : "HOME") ?? homeDirectory();
  const cwd = options.cwd ?? workingDirectory(home);
  const places = configPlaces(platform);
  const named = variable(`${prefix}_CONFIG`);
  const user =
    named === undefined ? places.user({ home, variable }) : readPathValue(named, { platform, home, directory: cwd });
  const trusted = trustedFilePath({ platform, home, variables });
  return { variables, platform, prefix, home, cwd, user, managed: places.managed({ home, variable }), trusted };
}

function configPlaces(platform: NodeJS.Platform): ConfigPaths {
  if (platform === "win32") return windowsConfigPaths;
  return platform === "darwin" ? macosConfigPaths : linuxConfigPaths;
}

/** What a setting names may be anything, a secret in the wrong place too. */
function readNamedFile(named: PathValue, readFile: ReadConfig): ConfigFile | undefined {
  const file = { scope: "user", required: true } as const;
  if (named.kind !== "path")
    return { ...file, path: "(not shown)", mistake: named.kind === "pem" ? pemAsPath(pemIntoItsSetting) : named };
  const read = readConfigFile({ ...file, path: named.path }, readFile);
  return read?.error !== undefined && named.doubtful ? { ...read, path: "(not shown)", doubtful: true } : read;
}

function readConfigFile(
  file: Omit<ConfigFile, "text" | "error" | "mode">,
  readFile: ReadConfig,
): ConfigFile | undefined {
  try {
    const { text, mode } = readFile(file.path);
    return { ...file, text, ...(mode === undefined ? {} : { mode: mode & 0o777 }) };
  } catch (error) {
    const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "EUNKNOWN";
    const absent = code === "ENOENT" || code === "ENOTDIR";
    return absent && !file.required ? undefined : { ...file, error: code };
  }
}

function readFromDisk(path: string): { text: string; mode: number } {
  // Not imported: the ES face of node:fs loads node:fs/promises and the streams with it, 3 ms of every start.
  const { closeSync, fstatSync, openSync, readFileSync } = process.getBuiltinModule("node:fs");
  const descriptor = openSync(path, "r");
  try {
    return { text: decodeText(readFileSync(descriptor)), mode: fstatSync(descriptor).mode };
  } finally {
    closeSync(descriptor);
  }
}

function definedVariables(source: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(source)) {
    if (value !== undefined) variables[name] = value;
  }
  return variables;
}

function variableReader(
  variables: Readonly<Record<string, string>>,
  platform: NodeJS.Platform,
): (name: string) => string | undefined {
  const names = Object.keys(variables);
  return (name) => {
    const found =
      platform === "win32" ? names.find((candidate) => candidate.toUpperCase() === name.toUpperCase()) : name;
    return (found === undefined ? undefined : variables[found]) || undefined;
  };
}

/** `os.homedir()` throws where neither HOME nor a passwd entry exists, as in containers under an arbitrary user id. */
function homeDirectory(): string {
  try {
    return process.getBuiltinModule("node:os").homedir();
  } catch {
    return "/";
  }
}

/** `process.cwd()` throws in a directory that was removed. */
function workingDirectory(home: string): string {
  try {
    return process.cwd();
  } catch {
    return home;
  }
}

/** The same snapshot with other variables. */
export function withVariables(snapshot: Snapshot, changed: Pick<Snapshot, "variables" | "origins" | "told">): Snapshot {
  return unprintable({ ...snapshot, ...changed });
}

/** Variables and config files hold passwords: neither `console.log` nor `JSON.stringify` of a snapshot shows their values. */
function unprintable(snapshot: Snapshot): Snapshot {
  const { platform, cwd, home, prefix, configFiles } = snapshot;
  const shown = () => ({
    platform,
    cwd,
    home,
    prefix,
    variables: `[${Object.keys(snapshot.variables).length} variables]`,
    configFiles: configFiles.map(({ text, ...rest }) => ({
      ...rest,
      ...(text === undefined ? {} : { text: `[${text.length} characters]` }),
    })),
  });
  showAs(snapshot.variables, () => shown().variables);
  return showAs(snapshot, shown);
}
