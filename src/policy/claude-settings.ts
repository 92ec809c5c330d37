import type { ConfigFile, Snapshot } from "../env/index.js";
import { helperCandidate, readTtl, ttlCandidate } from "./auth-helper.js";
import { defined } from "./defined.js";
import { claudeHelperNotText, claudeSettingsUnread } from "./faults-claude.js";
import type { Findings } from "./findings.js";
import { isRecord } from "./is-record.js";
import { emptySource, type SettingsSource } from "./source.js";
import type { AuthHelper, Source } from "./types.js";
import { saysOn, type VariableLookup } from "./variables.js";

interface ClaudeContext {
  readonly lookup: VariableLookup;
  readonly findings: Findings;
}

interface Document {
  readonly file: ConfigFile;
  readonly content: Readonly<Record<string, unknown>>;
}

const enabled = "CLAUDE_CODE_ENABLE_PROXY_AUTH_HELPER";
const lifetime = "CLAUDE_CODE_PROXY_AUTH_HELPER_TTL_MS";

/**
 * Claude Code's `proxyAuthHelper` from the administrator's and the user's settings, where it is switched on: by the variable, or by the
 * `env` of the same files, which goes before it there. A project's settings are never read, whoever wrote the repository must not
 * choose what is run here.
 */
export function readClaudeSettings({ claudeSettings }: Snapshot, context: ClaudeContext): SettingsSource[] {
  const files = claudeSettings?.() ?? [];
  if (files.length === 0) return [];
  const isOn = saysOn(context.lookup(enabled)?.value ?? "");
  const documents = files.flatMap((file) => readDocument(file, isOn, context.findings) ?? []);
  const on = inEnvironment(documents, enabled);
  if (on === undefined ? !isOn : !saysOn(on.value)) return [];
  const ttl = inEnvironment(documents, lifetime);
  const milliseconds = ttl && readTtl(ttl.value);
  return [
    {
      ...emptySource,
      ...defined({
        proxyHelper: helperIn(documents, on === undefined ? "variable" : "settings", context.findings),
        // As there: one that is no number does not count.
        proxyHelperTtl: ttl && ttlCandidate(milliseconds, ttl.source),
      }),
    },
  ];
}

function helperIn(
  documents: readonly Document[],
  switchedOnBy: AuthHelper["claudeCode"],
  { warnings }: Findings,
): SettingsSource["proxyHelper"] {
  const found = documents.find(({ content }) => content["proxyAuthHelper"] !== undefined);
  if (found === undefined) return undefined;
  const command = found.content["proxyAuthHelper"];
  if (typeof command !== "string") {
    warnings.push(claudeHelperNotText(found.file.path));
    return undefined;
  }
  // What that would print is found here without it, and better: with NTLM, and with a ticket for each connection.
  if (/\bsallyport(?:\.cmd|\.exe)?["']?\s+auth-header\b/.test(command)) return undefined;
  return helperCandidate(command, sourceIn(found.file, "/proxyAuthHelper"), switchedOnBy);
}

function readDocument(file: ConfigFile, isOn: boolean, { warnings }: Findings): Document | undefined {
  const content = file.text === undefined ? undefined : parse(file.text);
  if (content !== undefined) return { file, content };
  // Without the variable nobody can tell whether it would matter.
  if (isOn) warnings.push(claudeSettingsUnread(file));
  return undefined;
}

function parse(text: string): Document["content"] | undefined {
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ""));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function inEnvironment(
  documents: readonly Document[],
  name: string,
): { readonly value: string; readonly source: Source } | undefined {
  for (const { file, content } of documents) {
    const env = content["env"];
    const value = isRecord(env) ? env[name] : undefined;
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
      return { value: String(value), source: sourceIn(file, `/env/${name}`) };
  }
  return undefined;
}

const sourceIn = ({ path, scope }: ConfigFile, pointer: string): Source => ({ kind: "file", path, pointer, scope });
