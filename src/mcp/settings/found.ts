import { openSettings } from "./document.js";
import type { FoundServer, Place, Transport } from "./types.js";

/**
 * All servers of a settings file; of Claude Code's own file also those that count within one project.
 * @throws {ConnectError} CONFIG_INVALID where it does not parse, with line and column
 */
export function serversIn(text: string, place: Place, project: string | undefined): FoundServer[] {
  const own = describeAll(openSettings(text, place).entries, place, project);
  return place.client === "claude-code" && place.scope === "user" ? [...own, ...localServers(text, place)] : own;
}

/** `projects.DIRECTORY.mcpServers`: what `claude mcp add` writes without a scope. */
function localServers(text: string, place: Place): FoundServer[] {
  const { entries } = openSettings(text, { ...place, table: ["projects"] });
  return [...entries].flatMap(([directory, settings]) => {
    const servers = asRecord(asRecord(settings)["mcpServers"]);
    return describeAll(new Map(Object.entries(servers)), { ...place, scope: "local" }, directory);
  });
}

function describeAll(entries: ReadonlyMap<string, unknown>, place: Place, project: string | undefined): FoundServer[] {
  return [...entries].map(([name, entry]) => describe(name, asRecord(entry), place, project));
}

function describe(
  name: string,
  entry: Readonly<Record<string, unknown>>,
  { client, scope, path }: Place,
  project: string | undefined,
): FoundServer {
  const command = asText(entry["command"]);
  const bridge = bridgeIn(command, asTexts(entry["args"]));
  return {
    name,
    client,
    scope,
    path,
    project,
    transport: transportOf(entry),
    bridged: bridge !== undefined,
    url: bridge?.url ?? asText(entry["httpUrl"]) ?? asText(entry["url"]),
    command,
    bridgeArguments: bridge?.arguments ?? [],
    disabled: entry["disabled"] === true || entry["enabled"] === false,
  };
}

/** Where no type is given, the fields tell; `url` alone means SSE to Gemini CLI alone, which tries it first. */
function transportOf(entry: Readonly<Record<string, unknown>>): Transport {
  const type = asText(entry["type"])?.toLowerCase();
  if (asText(entry["command"]) !== undefined) return "stdio";
  if (type === "sse") return "sse";
  if (type === "ws" || type === "websocket") return "websocket";
  return (asText(entry["httpUrl"]) ?? asText(entry["url"])) ? "http" : "unknown";
}

interface Bridge {
  readonly url: string | undefined;
  readonly arguments: readonly string[];
}

/** `sallyport mcp URL`, however it is started: by its name, by node with a path, by npx. */
function bridgeIn(command: string | undefined, args: readonly string[]): Bridge | undefined {
  const words = [command ?? "", ...args];
  const at = words.findIndex((word, index) => word === "mcp" && isOurs(words[index - 1] ?? ""));
  if (at === -1) return undefined;
  const given = words.slice(at + 1);
  // A URL behind an option may be that option's: a proxy, say.
  const url =
    given.find((word, index) => isUrl(word) && !(given[index - 1] ?? "").startsWith("-")) ?? given.find(isUrl);
  return { url, arguments: given };
}

function isOurs(word: string): boolean {
  const [folder = "", name = ""] = /([^/\\]*[/\\])?([^/\\]*)$/.exec(word)?.slice(1) ?? [];
  if (/^sallyport(?:@[^/\\]*)?(?:\.(?:cmd|exe|ps1))?$/i.test(name)) return true;
  return /^bin\.cjs$/.test(name) && folder !== "" && /[/\\]cli[/\\]bin\.cjs$/.test(word);
}

const isUrl = (word: string): boolean => /^https?:\/\//i.test(word) && URL.canParse(word);

const asText = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

const asTexts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
