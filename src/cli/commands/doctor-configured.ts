import type { Fault } from "../../base/errors.js";
import {
  claudeCodeGoals,
  diagnoseAll,
  findingOf,
  openForDiagnosis,
  renderSettings,
  unusedOsSettings,
  type DiagnoseOptions,
  type Goal,
  type Inquiry,
  type Report,
} from "../../doctor/index.js";
import type { Snapshot } from "../../env/index.js";
import type { FoundServer } from "../../mcp/settings/index.js";
import type { SettingReport } from "../../policy/types.js";
import type { Context } from "../context.js";
import { invalidBaseUrl } from "../faults.js";
import type { GlobalFlags } from "../invocation.js";
import { surroundingsOf } from "./mcp-install.js";
import { bridgeFlags, findAll } from "./mcp-list.js";
import { networkOptions, withClaude } from "./network.js";

export interface Configured {
  readonly report: Report;
  readonly environment: Snapshot;
  readonly settings: readonly SettingReport[];
  /** They as text. */
  readonly configured: string;
}

/**
 * What is configured, and the way to all that is asked by it: what Claude Code speaks to by itself, and the MCP servers of the user's
 * clients. Each under the settings that its program has. Files are read only.
 */
export async function checkConfigured(
  flags: GlobalFlags,
  context: Context,
  follow: DiagnoseOptions,
): Promise<Configured> {
  const asClaude = withClaude(networkOptions(flags, context), "over");
  const { environment } = asClaude.source;
  checkBaseUrl(environment.variables["ANTHROPIC_BASE_URL"]);
  const { servers, faults } = await serversOfUser(context);
  const network = await openForDiagnosis(asClaude);
  const isClaudes = (server: FoundServer): boolean => server.client === "claude-code" && !server.bridged;
  const asked = [...claudeCodeGoals(environment.variables), ...goalsOf(servers.filter(isClaudes))];
  const inquiries: Inquiry[] = [{ source: network, urls: asked }];
  const plain = servers.filter((server) => !isClaudes(server) && !server.bridged);
  if (plain.length > 0)
    inquiries.push({ source: withClaude(networkOptions(flags, context), "under"), urls: goalsOf(plain) });
  for (const server of servers.filter(({ bridged }) => bridged))
    inquiries.push({ source: networkOptions(bridgeFlags(server, flags), context), urls: goalsOf([server]) });
  const report = await diagnoseAll(inquiries, follow);
  const settings = [...network.policy.settings, ...unusedOsSettings(environment, network.policy)];
  return {
    report: { ...report, warnings: [...faults.map(findingOf), ...report.warnings] },
    environment,
    settings,
    configured: `${renderSettings(settings, context.terminal.out)}\n\n`,
  };
}

interface Servers {
  readonly servers: readonly FoundServer[];
  /** Of files that do not parse. */
  readonly faults: readonly Fault[];
}

/** Those of the user, and of the user in this folder; never a project's, whose author would choose what is asked. */
async function serversOfUser(context: Context): Promise<Servers> {
  const around = surroundingsOf(context);
  const { servers, faults } = await findAll(around, ["user"]);
  const isMeant = ({ scope, project, url, disabled }: FoundServer): boolean =>
    (scope === "user" || (scope === "local" && project === around.directory)) && !disabled && isHttp(url);
  return { servers: servers.filter(isMeant), faults };
}

/** Not one with a variable in it, which its client fills in. */
const isHttp = (url: string | undefined): url is string =>
  url !== undefined && /^https?:\/\//i.test(url) && !url.includes("${") && URL.canParse(url);

function goalsOf(servers: readonly FoundServer[]): readonly Goal[] {
  const goals = servers.map(({ name, url = "" }) => ({ url, purpose: `MCP ${name}`, needed: true }));
  return goals.filter(({ url }, index) => goals.findIndex((other) => other.url === url) === index);
}

/** The variable is to be named where it is at fault, and not "the URLs given". */
function checkBaseUrl(value: string | undefined): void {
  const base = value?.trim() ?? "";
  if (base !== "" && !(/^https?:/i.test(base) && URL.canParse(base))) throw invalidBaseUrl();
}
