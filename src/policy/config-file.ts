import { createRequire } from "node:module";
import { posix, win32 } from "node:path";
import { ConnectError } from "../base/errors.js";
import type { ConfigFile } from "../env/index.js";
import { describeIssue } from "./config-issue.js";
import { configSchemas, type ConfigSchemas, type ManagedSettings } from "./config-schema.js";
import { configInvalid } from "./findings.js";
import { findJsonProblem } from "./json-syntax.js";
import { emptySource, type SettingsSource } from "./source.js";
import type { ConfigSettings } from "./settings.js";
import { readSettings, type SettingsContext } from "./settings-source.js";
import type { Source } from "./types.js";

export type ConfigContext = Omit<SettingsContext, "source" | "directory" | "onInlineSecret"> & {
  /** The variable that names the user's file, if one does. */
  readonly variable?: string;
};

/** A user's file gives `settings`; the administrator's gives `enforced` and `defaults`. */
export interface ConfigSources {
  readonly enforced: SettingsSource;
  readonly settings: SettingsSource;
  readonly defaults: SettingsSource;
}

const shownFaults = 5;

/**
 * Reads a config file. A file that cannot be read or is not valid is a fault, and every connection that a proxy could serve
 * then fails with it: what the file would have said about proxies is not known, so nothing may go direct.
 */
export function readConfig(file: ConfigFile, context: ConfigContext): ConfigSources {
  const parsed = parseConfig(file, context.variable);
  if (!("faults" in parsed)) return layersOf(parsed, file, context);
  context.findings.faults.push(...parsed.faults);
  const [fault] = parsed.faults;
  const scope = file.scope === "managed" ? "enforced" : "settings";
  const blocked: SettingsSource = {
    ...emptySource,
    routes:
      fault === undefined
        ? []
        : [{ hosts: [{ kind: "all", text: "*" }], proxy: { kind: "invalid", fault }, source: sourceIn(file, "")("") }],
  };
  return { enforced: emptySource, settings: emptySource, defaults: emptySource, [scope]: blocked };
}

type ParsedConfig =
  | { readonly user: ConfigSettings }
  | { readonly managed: ManagedSettings }
  | { readonly faults: readonly ConnectError[] };

function layersOf(
  parsed: Exclude<ParsedConfig, { faults: unknown }>,
  file: ConfigFile,
  context: ConfigContext,
): ConfigSources {
  let inlineSecrets = false;
  const { dirname } = context.platform === "win32" ? win32 : posix;
  const read = (settings: ConfigSettings | undefined, prefix: string): SettingsSource =>
    settings === undefined
      ? emptySource
      : readSettings(settings, {
          ...context,
          source: sourceIn(file, prefix),
          // Not the working directory: `"ca.pem"` would there be any file that a cloned repository brings along.
          directory: dirname(file.path),
          onInlineSecret: () => (inlineSecrets = true),
        });
  const sources =
    "user" in parsed
      ? { enforced: emptySource, settings: read(parsed.user, ""), defaults: emptySource }
      : {
          enforced: read(parsed.managed.enforced, "/enforced"),
          settings: emptySource,
          defaults: read(parsed.managed.defaults, "/defaults"),
        };
  if (inlineSecrets && file.mode !== undefined && (file.mode & 0o044) !== 0 && context.platform !== "win32") {
    context.findings.warnings.push(readableByOthers(file));
  }
  return sources;
}

function parseConfig(file: ConfigFile, variable: string | undefined): ParsedConfig {
  const { path } = file;
  const text = file.text?.replace(/^\ufeff/, "");
  if (text === undefined) return { faults: [unreadable(file, variable)] };
  if (text.includes("\0") || text.includes("\ufffd"))
    return { faults: [configInvalid(`${path} is not UTF-8 text`, "save the file as UTF-8")] };
  const syntax = findJsonProblem(text);
  if (syntax !== undefined) {
    return {
      faults: [
        configInvalid(
          `${path}, line ${syntax.line}, column ${syntax.column}: ${syntax.problem}`,
          `correct ${path} there: it must be JSON`,
        ),
      ],
    };
  }
  const value: unknown = JSON.parse(text);
  const schemas = loadSchemas();
  const schema = schemas[file.scope];
  const result = schema.safeParse(value);
  if (!result.success) {
    // A misspelt name goes before the complaint that the right one is missing.
    const misspelt = result.error.issues.filter(({ code }) => code === "unrecognized_keys");
    const issues = [...misspelt, ...result.error.issues.filter((issue) => !misspelt.includes(issue))].slice(
      0,
      shownFaults,
    );
    return { faults: issues.map((issue) => describeIssue(issue, { path, value, schema, scope: file.scope })) };
  }
  return file.scope === "user" ? { user: result.data as ConfigSettings } : { managed: result.data as ManagedSettings };
}

let loaded: ConfigSchemas | undefined;

function loadSchemas(): ConfigSchemas {
  // `require` and not `import()`, since a policy is resolved synchronously; here, since most have no config file.
  loaded ??= configSchemas((createRequire(import.meta.url)("zod") as typeof import("zod")).z);
  return loaded;
}

function sourceIn({ path, scope }: ConfigFile, prefix: string): (pointer: string) => Source {
  const named = scope === "managed" && prefix === "/enforced" ? "enforced" : scope;
  return (pointer) => ({ kind: "file", path, pointer: `${prefix}${pointer}`, scope: named });
}

function unreadable(file: ConfigFile, variable: string | undefined): ConnectError {
  const { path, error = "EUNKNOWN", mistake } = file;
  if (mistake !== undefined) {
    return configInvalid(`${variable ?? "the setting of the config file"} ${mistake.problem}`, mistake.remedy);
  }
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: "does not exist",
    EACCES: "is not readable by this user",
    EPERM: "is not readable by this user",
    EISDIR: "is a directory",
  };
  const named = variable === undefined ? "" : ` (${variable})`;
  const place = file.doubtful ? "that a setting names" : path;
  const message = `the config file ${place}${named} ${reasons[error] ?? `cannot be read (${error})`}`;
  const remedy =
    error === "ENOENT"
      ? `correct ${variable ?? "the setting that names it"}, or unset it`
      : "let this user read it, or name another file";
  return configInvalid(message, remedy);
}

function readableByOthers({ path, mode = 0 }: ConfigFile): ConnectError {
  return new ConnectError("KEY_PERMISSIONS", {
    hop: "local",
    message: `${path} holds a secret and is readable by other users (mode ${mode.toString(8).padStart(4, "0")})`,
    remedy: `run: chmod 600 ${path}`,
  });
}
