import { createRequire } from "node:module";
import { posix, win32 } from "node:path";
import type { ConnectError } from "../base/errors.js";
import type { ConfigFile } from "../env/index.js";
import { describeIssue } from "./config-issue.js";
import { configSchemas, type ConfigSchemas, type ManagedSettings } from "./config-schema.js";
import { findJsonProblem } from "./json-syntax.js";
import { emptySource, type SettingsSource } from "./source.js";
import type { ConfigSettings } from "./settings.js";
import { readSettings, type SettingsContext } from "./settings-source.js";
import type { Source } from "./types.js";
import { notUtf8, invalidJson, unreadable, readableByOthers } from "./faults-config.js";

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
  if (text.includes("\0") || text.includes("\ufffd")) return { faults: [notUtf8(path)] };
  const syntax = findJsonProblem(text);
  if (syntax !== undefined) {
    return {
      faults: [invalidJson(path, syntax)],
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
