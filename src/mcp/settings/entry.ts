import { posix, win32 } from "node:path";
import { looksSecret } from "../../base/looks-secret.js";
import { invalidName, invalidServerUrl, secretInHeader, secretInOption, secretInProxy, secretInUrl } from "./faults.js";
import { isDesktop } from "./places.js";
import type { Entry, Place, Surroundings } from "./types.js";

/** How this sallyport is started here. */
export interface Program {
  /** Of Node. */
  readonly node: string;
  /** Of sallyport's script. */
  readonly script: string;
  /** `sallyport` is found by its name in `PATH`. */
  readonly inPath: boolean;
}

/** What a client is to start. */
export interface Wanted {
  readonly url: string;
  /** Further arguments of `sallyport mcp`, as typed. */
  readonly options: readonly string[];
}

/**
 * The entry that has a client start `sallyport mcp URL`.
 * Programs of a desktop get whole paths, since no shell has set their `PATH`; so do all on Windows, where a name alone would be a
 * script that cannot be started without a shell. A file that others read names the program and no path of this machine.
 */
export function entryFor(place: Place, wanted: Wanted, program: Program, around: Surroundings): Entry {
  const given = ["mcp", wanted.url, ...wanted.options];
  const byName =
    place.scope === "project" || (program.inPath && !isDesktop(place.client) && around.platform !== "win32");
  const start = byName
    ? { command: "sallyport", args: given }
    : { command: program.node, args: [program.script, ...given] };
  switch (place.client) {
    case "claude-code":
    case "cursor":
    case "vscode":
      return { type: "stdio", ...start };
    case "codex":
      // It hands on nothing but a list of its own, which has neither proxies nor certificates.
      return { ...start, env_vars: variablesFor(around.variables, wanted.options) };
    case "claude-desktop":
    case "gemini":
      return start;
  }
}

const networkVariable =
  /^(?:https?_proxy|all_proxy|no_proxy|SALLYPORT_\w+|CLAUDE_CODE_(?:CLIENT|CERT)_\w+|NODE_EXTRA_CA_CERTS|SSL_CERT_(?:FILE|DIR)|XDG_(?:CONFIG|DATA)_HOME)$/i;

/** The variables that are set here and that the bridge reads: the network's, and those that its options refer to. */
function variablesFor(variables: Surroundings["variables"], options: readonly string[]): string[] {
  const referred = new Set(options.flatMap((option) => [...option.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name)));
  const set = Object.keys(variables).filter((name) => networkVariable.test(name));
  return [...new Set([...set, ...[...referred].flatMap((name) => name ?? [])])].sort();
}

/**
 * Checks what is to be written, before anything else is done.
 * @throws {ConnectError} CONFIG_INVALID for a name that clients do not take, for what is not a URL, and for a secret as text
 */
export function checkWanted(name: string, { url, options }: Wanted): void {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name) || name === "__proto__") throw invalidName();
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) throw invalidServerUrl();
  if (holdsSecret(new URL(url))) throw secretInUrl(url);
  for (const [flag, value] of pairs(options)) {
    if (flag === "--proxy" && /\/\/[^/?#]*@/.test(value)) throw secretInProxy();
    if (flag === "--client-secret" && !refersToSecret(value)) throw secretInOption(flag);
    if (flag === "--header" || flag === "-H") checkHeader(value);
  }
}

function holdsSecret({ username, password, searchParams, hash, pathname }: URL): boolean {
  const inQuery = [...searchParams].some(([name, value]) => value !== "" && (isSecretName(name) || looksSecret(value)));
  return username !== "" || password !== "" || inQuery || hash.length > 1 || pathname.split("/").some(looksSecret);
}

function checkHeader(line: string): void {
  const at = line.indexOf(":");
  const [name, value] = [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  // Of no name at all: what is wrong with it is said by the bridge's own reading of its options.
  if (at < 1 || value === "" || refersToSecret(value)) return;
  if (isSecretName(name) || looksSecret(value)) throw secretInHeader(name);
}

/** Not the secret itself but where it is. */
const refersToSecret = (value: string): boolean =>
  /\$\{\w+\}/.test(value) || /(?:^|\s)(?:file|command|env):/.test(value);

const isSecretName = (name: string): boolean =>
  /auth|cookie|token|secret|passw|credential|signature|api-?_?key|^(?:x-)?key$|^sig$|session/i.test(name);

/** Options with their values, both as `--name value` and as `--name=value`. */
function* pairs(options: readonly string[]): Generator<readonly [flag: string, value: string]> {
  for (const [index, option] of options.entries()) {
    const [, flag, value] = /^(--[\w-]+)=([^]*)$/.exec(option) ?? [];
    if (flag !== undefined && value !== undefined) yield [flag, value];
    else if (option.startsWith("-")) yield [option, options[index + 1] ?? ""];
  }
}

/** Files in options are read from wherever the client starts the bridge: they are named by whole paths. */
export function withWholePaths(
  options: readonly string[],
  fileOptions: ReadonlySet<string>,
  { platform, directory }: Pick<Surroundings, "platform" | "directory">,
): string[] {
  const { resolve } = platform === "win32" ? win32 : posix;
  return options.map((option, index) => {
    if (fileOptions.has(options[index - 1] ?? "")) return resolve(directory, option);
    const [, flag = "", value = ""] = /^(--[\w-]+)=([^]*)$/.exec(option) ?? [];
    return fileOptions.has(flag) && value !== "" ? `${flag}=${resolve(directory, value)}` : option;
  });
}
