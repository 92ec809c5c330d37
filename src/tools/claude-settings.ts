import { withVariables, type ConfigFile, type Snapshot, type VariableOrigin } from "../env/index.js";
import type { ConnectError } from "../base/errors.js";
import { settingsDiffer, settingsUnread } from "./faults.js";

/** What Claude Code's own settings may say of the network: https://code.claude.com/docs/en/network-config. */
const networkVariables = [
  "https_proxy",
  "http_proxy",
  "all_proxy",
  "no_proxy",
  "HTTPS_PROXY",
  "HTTP_PROXY",
  "ALL_PROXY",
  "NO_PROXY",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "NODE_TLS_REJECT_UNAUTHORIZED",
  "CLAUDE_CODE_CERT_STORE",
  "CLAUDE_CODE_CLIENT_CERT",
  "CLAUDE_CODE_CLIENT_KEY",
  "CLAUDE_CODE_CLIENT_KEY_PASSPHRASE",
  "CLAUDE_CODE_USE_BEDROCK",
  "CLAUDE_CODE_USE_VERTEX",
  "CLAUDE_CODE_USE_FOUNDRY",
  "ANTHROPIC_BASE_URL",
  "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
  "DISABLE_AUTOUPDATER",
  "DISABLE_TELEMETRY",
  "DISABLE_UPDATES",
];

interface Setting {
  readonly name: string;
  readonly value: string;
  readonly origin: VariableOrigin;
}

/**
 * The snapshot with what the `env` of Claude Code's settings says of the network: the user's and the administrator's, never a project's.
 * `over`: it goes before the shell's variables, as it does in Claude Code (seen with 2.1.330: there it replaces the variable of the very
 * same name). `under`: it counts where the shell says nothing. Where the two differ the snapshot has a warning.
 */
export function withClaudeSettings(snapshot: Snapshot, order: "over" | "under"): Snapshot {
  const files = snapshot.claudeSettings?.() ?? [];
  if (files.length === 0) return snapshot;
  const told: ConnectError[] = [...(snapshot.told ?? [])];
  const variables: Record<string, string> = { ...snapshot.variables };
  const origins: Record<string, VariableOrigin> = { ...snapshot.origins };
  for (const setting of settingsIn(files, told)) {
    const { name, value, origin } = setting;
    const [same] = spellings(name, snapshot);
    const shell = same === undefined ? undefined : snapshot.variables[same];
    if (shell !== undefined && shell.trim() !== value.trim()) told.push(settingsDiffer(name, origin.path, order));
    if (order === "under" && (shell !== undefined || hasTwin(name, snapshot))) continue;
    if (same !== undefined && same !== name) delete variables[same];
    variables[name] = value;
    origins[name] = origin;
  }
  return withVariables(snapshot, { variables, origins, told });
}

/** Of each variable the first file that has it, in the order in which they count there. */
function settingsIn(files: readonly ConfigFile[], told: ConnectError[]): readonly Setting[] {
  const found = new Map<string, Setting>();
  for (const file of files) {
    const env = environmentOf(file);
    if (env === undefined) told.push(settingsUnread(file.path, file.error));
    for (const name of networkVariables) {
      const value = env?.[name];
      if (found.has(name) || !(typeof value === "string" || typeof value === "number")) continue;
      const { path, scope } = file;
      found.set(name, { name, value: String(value), origin: { path, scope, pointer: `/env/${name}` } });
    }
  }
  return [...found.values()];
}

type Environment = Readonly<Record<string, unknown>>;

function environmentOf({ text }: ConfigFile): Environment | undefined {
  try {
    const content: unknown = JSON.parse((text ?? "").replace(/^\ufeff/, ""));
    if (!isRecord(content)) return undefined;
    return isRecord(content["env"]) ? content["env"] : {};
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Environment =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Of this variable, as the shell has it. On Windows case does not count. */
function spellings(name: string, { variables, platform }: Snapshot): readonly string[] {
  const isSame = (one: string): boolean => one === name || (platform === "win32" && sameWithoutCase(one, name));
  return Object.keys(variables).filter(isSame);
}

/** Whether the shell has a proxy variable in its other case, which counts in the place of this one. */
const hasTwin = (name: string, { variables }: Snapshot): boolean =>
  Object.keys(variables).some((one) => sameWithoutCase(one, name) && (variables[one] ?? "").trim() !== "");

const sameWithoutCase = (a: string, b: string): boolean => a.toUpperCase() === b.toUpperCase();
