import { findConnectError, type Fault } from "../../base/errors.js";
import { redactUrl } from "../../base/redact.js";
import { clip, diagnose, renderFault, type Report } from "../../doctor/index.js";
import {
  clientNames,
  placeOf,
  serversIn,
  type FoundServer,
  type Place,
  type Surroundings,
} from "../../mcp/settings/index.js";
import type { Context } from "../context.js";
import { codeFor } from "../context.js";
import { unknownServers } from "../faults-mcp-settings.js";
import type { GlobalFlags, McpFlags } from "../invocation.js";
import { parseArguments } from "../program.js";
import { exitCode } from "../terminal/io.js";
import { networkOptions } from "./network.js";
import { readSettingsFile } from "./mcp-file.js";
import { surroundingsOf } from "./mcp-install.js";

export interface Found {
  readonly servers: readonly FoundServer[];
  /** Of files that do not parse: the others are shown all the same. */
  readonly faults: readonly Fault[];
}

/** `sallyport mcp list`: the servers in all clients' settings. Exit 2 where a file does not parse. */
export async function mcpListCommand(flags: McpFlags, context: Context): Promise<number> {
  const { terminal } = context;
  const { servers, faults } = await findAll(surroundingsOf(context));
  if (flags.json === true) await terminal.json({ ok: faults.length === 0, servers: servers.map(shown), faults });
  else {
    const rows = servers.map((server) => [
      server.name,
      `${server.client}${server.scope === "user" ? "" : ` (${server.scope})`}`,
      server.disabled ? `${server.transport}, off` : server.bridged ? "bridge" : server.transport,
      server.url === undefined ? (server.command ?? "") : redactUrl(server.url),
    ]);
    await terminal.print(
      rows.length === 0
        ? "No client's settings have a server.\n"
        : table([["NAME", "CLIENT", "TRANSPORT", "SERVER"], ...rows]),
    );
    for (const fault of faults) await terminal.note(renderFault(fault, terminal.err, "error"));
  }
  return faults.length === 0 ? exitCode.fine : exitCode.usage;
}

interface Checked {
  readonly server: FoundServer;
  readonly report: Report;
}

/** `sallyport mcp check`: the doctor's word on each server on HTTP. Exit 0 where all are reached, 1 or 2 as `doctor` has them. */
export async function mcpCheckCommand(names: readonly string[], flags: McpFlags, context: Context): Promise<number> {
  const { terminal, io } = context;
  const { servers, faults } = await findAll(surroundingsOf(context));
  const reachable = servers.filter(({ url, disabled }) => url !== undefined && !disabled);
  const missing = names.filter((name) => reachable.every((server) => server.name !== name));
  if (missing.length > 0) throw unknownServers(missing);
  const wanted = reachable.filter(({ name }) => names.length === 0 || names.includes(name));
  const checked: Checked[] = [];
  for (const server of wanted) {
    const options = networkOptions(bridgeFlags(server, flags), context);
    checked.push({ server, report: await diagnose(options, [server.url ?? ""], { signal: io.signal }) });
  }
  const all = [...faults, ...checked.flatMap(({ report }) => report.faults)];
  if (flags.json === true) {
    const results = checked.map(({ server, report }) => ({ server: shown(server), report }));
    await terminal.json({ ok: all.length === 0, checked: results, faults });
  } else await terminal.print(rendered(checked, faults, context));
  if (all.some((fault) => codeFor(fault) === exitCode.usage)) return exitCode.usage;
  return all.length === 0 ? exitCode.fine : exitCode.network;
}

function rendered(checked: readonly Checked[], faults: readonly Fault[], { terminal }: Context): string {
  if (checked.length === 0 && faults.length === 0) return "No client's settings have a server on HTTP.\n";
  const rows = checked.map(({ server, report }) => [
    server.name,
    server.client,
    report.ok ? "ok" : (report.faults[0]?.code ?? "failed"),
    redactUrl(server.url ?? ""),
  ]);
  const found = new Map(
    [...faults, ...checked.flatMap(({ report }) => report.faults)].map((fault) => [fault.message, fault]),
  );
  const said = [...found.values()].map((fault) => `\n${renderFault(fault, terminal.out, "error")}\n`);
  return table([["NAME", "CLIENT", "FOUND", "SERVER"], ...rows]) + said.join("");
}

/** What goes through the bridge is looked at with the bridge's own options: its certificate, its proxy. */
export function bridgeFlags({ bridged, bridgeArguments }: FoundServer, flags: GlobalFlags): GlobalFlags {
  if (!bridged) return flags;
  try {
    const read = parseArguments(["mcp", ...bridgeArguments], "", false);
    return read.command === "mcp" ? { ...flags, ...read.flags, ...(flags.json === true && { json: true }) } : flags;
  } catch {
    // Options of a newer bridge: the way is still worth a look.
    return flags;
  }
}

/** All servers in the settings of all clients. */
export async function findAll(
  around: Surroundings,
  scopes: readonly ("user" | "project")[] = ["user", "project"],
): Promise<Found> {
  const servers: FoundServer[] = [];
  const faults: Fault[] = [];
  for (const place of places(around, scopes)) {
    try {
      const { bytes } = await readSettingsFile(place.path);
      if (bytes === undefined) continue;
      servers.push(
        ...serversIn(bytes.toString("utf8"), place, place.scope === "project" ? around.directory : undefined),
      );
    } catch (error) {
      const fault = findConnectError(error);
      if (fault === undefined) throw error;
      faults.push(fault.toJSON());
    }
  }
  return { servers, faults };
}

function places(around: Surroundings, scopes: readonly ("user" | "project")[]): Place[] {
  const all = clientNames.flatMap((client) => scopes.flatMap((scope) => placeOf(client, scope, around) ?? []));
  // In the home folder itself, both are one file.
  return all.filter(({ path }, index) => all.findIndex((other) => other.path === path) === index);
}

/** Without the arguments, which may hold secrets. */
function shown({
  name,
  client,
  scope,
  path,
  project,
  transport,
  bridged,
  url,
  command,
  disabled,
}: FoundServer): object {
  return {
    name,
    client,
    scope,
    path,
    project: project ?? null,
    transport,
    bridged,
    url: url === undefined ? null : redactUrl(url),
    command: command ?? null,
    disabled,
  };
}

/** Within 80 columns: the last one is cut where it has to be. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = [0, 1, 2].map((column) => Math.min(24, Math.max(...rows.map((row) => (row[column] ?? "").length))));
  return rows
    .map((row) => {
      const cells = widths.map((width, column) => clip(row[column] ?? "", width).padEnd(width));
      const line = [...cells, row[3] ?? ""].join("  ");
      return `${clip(line, 80).trimEnd()}\n`;
    })
    .join("");
}
