import { readUrl } from "../../base/read-url.js";
import type { ConnectError } from "../../base/errors.js";
import type { DialContext } from "../../dial/types.js";
import { dataFolderPath, openDataFolder, readEnvironment, type DataFolder, type Snapshot } from "../../env/index.js";
import {
  gatewayVariable,
  pathsHere,
  exportSettings,
  isForContainers,
  readShellState,
  renderShell,
  secretValue,
  secretValues,
  textOf,
  tools,
  undoShell,
  withoutOurs,
  type Exports,
  type ExportedSettings,
  type Rendering,
} from "../../export/index.js";
import { resolvePolicy } from "../../policy/index.js";
import { preloadFile } from "../../run/index.js";
import type { Context } from "../context.js";
import { chooseFormat, type Format } from "./env-format.js";
import { exitCode } from "../terminal/io.js";
import { networkOptions } from "./network.js";
import { noGatewayUrl, tokenInText, unknownSecret, unwritableGateway } from "../faults.js";
import type { EnvFlags } from "../invocation.js";
import { preloadForShells, gatewayInCi, folderWithControls } from "../faults.js";

/** `sallyport env`: the settings, written for a shell or another tool. */
export async function envCommand(flags: EnvFlags, context: Context): Promise<number> {
  const asked = originals(flags, context);
  if (flags.value !== undefined) return await printSecret(flags.value, asked);
  const format = chooseFormat(flags, asked.surroundings);
  if (format.kind === "shell" && flags.undo === true) {
    return await print({ ...undoShell(format.name, readShellState(context.variables)), format }, asked);
  }
  if (flags.preload === true && format.kind === "tool") {
    throw preloadForShells();
  }
  if (flags.gateway !== undefined && (format.name === "github-actions" || format.name === "gitlab")) {
    throw gatewayInCi();
  }
  const { loadContext } = await import("../../clients/index.js");
  const dialContext = await loadContext(networkOptions(flags, asked.context));
  const exports = await exportSettings({
    context: dialContext,
    version: context.version,
    variables: asked.context.variables,
    present: context.variables,
    folder: flags.undo === true ? unwritten(asked.folder) : openDataFolder(asked.folder),
    home: asked.surroundings.home,
    secrets: flags.secrets === true,
    inherit: format.kind === "shell",
    inContainers: isForContainers(format.name),
    ...gatewayOption(flags, context),
    ...(flags.preload === true && { preload: preloadFile() }),
  });
  const { text, notes } = render(format, exports, flags, context);
  return await print(
    { text, notes: [...notes, ...trustNote(flags)], format, exports, warnings: warningsOf(dialContext) },
    asked,
  );
}

/** The command as if no `sallyport env` had been there before. */
interface Asked {
  readonly flags: EnvFlags;
  readonly context: Context;
  readonly surroundings: Snapshot;
  readonly folder: string;
}

function originals(flags: EnvFlags, context: Context): Asked {
  const { platform, home } = readEnvironment({ variables: context.variables });
  const folder = dataFolderPath({ platform, home, variables: context.variables });
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(folder)) {
    throw folderWithControls();
  }
  const variables = withoutOurs(context.variables, folder);
  return { flags, context: { ...context, variables }, surroundings: readEnvironment({ variables }), folder };
}

async function printSecret(name: string, { flags, context }: Asked): Promise<number> {
  const value = name === gatewayVariable ? heldGateway(context) : await policySecret(name, flags, context);
  // To a program exactly, since `gh secret set` and its like take all that they get.
  await context.terminal.print(context.io.stdout.isTTY ? `${value}\n` : value);
  return exitCode.fine;
}

async function policySecret(name: string, flags: EnvFlags, context: Context): Promise<string> {
  const wanted = secretValues.find((candidate) => candidate === name);
  if (wanted === undefined) {
    throw unknownSecret(secretValues);
  }
  const options = networkOptions(flags, context);
  return secretValue(resolvePolicy(options.source.environment, options), options.system, wanted);
}

/** @throws UsageError where the variable is not set */
function heldGateway({ variables }: Context): string {
  const url = variables[gatewayVariable];
  if (url !== undefined && url !== "") return url;
  throw noGatewayUrl(gatewayVariable);
}

/** Paths for those who only name what was written. */
function unwritten(path: string): DataFolder {
  return { path, write: (name, extension) => Promise.resolve(`${path}/${name}.${extension}`) };
}

function gatewayOption(
  { gateway, secrets }: EnvFlags,
  context: Context,
): { readonly gateway?: { readonly url: string } } {
  if (gateway === undefined) return {};
  const url = gateway === true ? heldGateway(context) : gateway;
  const parsed = readUrl(url);
  if (parsed?.protocol !== "http:" || parsed.port === "") {
    throw unwritableGateway();
  }
  if (parsed.username !== "" && secrets !== true && context.variables[gatewayVariable] !== url) {
    throw tokenInText(gatewayVariable);
  }
  return { gateway: { url } };
}

/** What it opens is signed by an authority that lives as long as it does. */
function trustNote({ gateway, cacert = [], undo }: EnvFlags): string[] {
  if (gateway === undefined || cacert.length > 0 || undo === true) return [];
  return [
    "where the gateway intercepts TLS, programs must trust its authority as well: add --cacert with the file that it names",
  ];
}

function render(format: Format, exports: Exports, flags: EnvFlags, { variables }: Context): Rendering {
  const { exported, competing } = exports;
  if (format.kind === "shell") return renderShell(format.name, exported, competing, readShellState(variables));
  const tool = tools[format.name];
  return flags.undo === true ? tool.undo(exported) : tool.render(exported);
}

interface Printed extends Rendering {
  readonly format: Format;
  readonly exports?: Exports;
  readonly warnings?: readonly ConnectError[];
}

async function print(printed: Printed, { flags, context: { terminal } }: Asked): Promise<number> {
  const { text, format, exports, warnings = [] } = printed;
  const limits = flags.undo === true ? [] : (exports?.limits ?? []);
  const notes = [...printed.notes, ...(limits.length === 0 ? [] : [limitNote(limits)])];
  if (flags.json === true) {
    await terminal.json({
      ok: true,
      format: format.name,
      text,
      variables: exports === undefined ? [] : describe(exports.exported),
      removed: exports?.competing ?? [],
      files: exports?.exported.files ?? {},
      notes,
      warnings,
    });
    return exitCode.fine;
  }
  await terminal.warn(warnings);
  await terminal.print(text);
  for (const note of notes) await terminal.note(`note: ${note}`);
  return exitCode.fine;
}

const limitNote = (limits: readonly string[]): string =>
  `variables cannot express ${limits.join("; ")}: use sallyport run, or start sallyport gateway and pass its URL with --gateway`;

/** Null for what the text refers to: secrets, and what the user had in a variable that is added to. */
function describe(exported: ExportedSettings): object[] {
  const pathOf = pathsHere(exported);
  return exported.assignments.map(({ name, value, readBy }) => ({
    name,
    value: value.kind === "plain" && (value.behind ?? value.before) === undefined ? textOf(value.parts, pathOf) : null,
    secret: value.kind === "secret",
    readBy,
  }));
}

const warningsOf = ({ policy, trust, identities }: DialContext): ConnectError[] => [
  ...policy.warnings,
  ...trust.warnings,
  ...identities.warnings,
];
