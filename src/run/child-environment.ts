import type { PrivateFolder } from "../env/index.js";
import type { DialContext } from "../dial/types.js";
import { resolveSecret } from "../policy/index.js";
import type { FileSetting, Policy } from "../policy/types.js";
import { childVariables, competes, javaLoginOptions } from "../tools/index.js";
import { textsAsFiles } from "./texts-as-files.js";
import { openFolders, trustFiles, type Folders } from "./trust-files.js";
import { childProxy } from "./child-proxy.js";
import { ownFiles } from "./own-files.js";
import { addOptions, findPermission, insertOptions, readRights, type PermissionPlace } from "./permission.js";
import { preloadMode } from "./plan.js";
import { optionsForChildren, preloadFile, runFile } from "./run-file.js";
import type { ChildVariable, VariableValues } from "../tools/types.js";
import type { ChildEnvironment, ChildEnvironmentOptions } from "./types.js";

/**
 * The environment of a child that gets out by the policy, and the files that it names, in a private temporary folder. Dispose of it
 * when the child is gone. Nothing of this process is changed.
 *
 * @throws {ConnectError} SECRET_COMMAND_FAILED where a secret that a variable needs cannot be had
 */
export async function childEnvironment(options: ChildEnvironmentOptions): Promise<ChildEnvironment> {
  const folders = await openFolders();
  try {
    return await furnish(folders, options);
  } catch (error) {
    await folders[Symbol.asyncDispose]();
    throw error;
  }
}

async function furnish(folders: Folders, options: ChildEnvironmentOptions): Promise<ChildEnvironment> {
  const folder = folders.own;
  const { context, gateway, parts = "all" } = options;
  const inherited = defined(options.variables);
  const place = findPermission(options.argv ?? [], inherited["NODE_OPTIONS"]);
  const mode = preloadMode(context.policy, {
    parts,
    gateway: gateway !== undefined,
    restricted: place !== undefined,
  });
  const { preload = preloadFile() } = options;
  const readable =
    mode === "none" || place === undefined
      ? []
      : await ownFiles({ context, mode, preload, folder: folder.path, variables: inherited });
  const common = parts === "preload" ? nothing : await commonValues(folders, options);
  const nodeOptions = addOptions(place === "variable" ? readRights(readable) : [], inherited["NODE_OPTIONS"]);
  const made = childVariables({ ...common, ...(mode !== "none" && { preload, nodeOptions }) });
  if (mode === "gateway" || options.captured === true)
    made.push(await withoutConfiguration(folder, context.policy.prefix));
  const removed = parts === "preload" ? [] : takenOut(inherited, made, options);
  made.push(
    ...(await textsAsFiles(
      folder,
      withoutNames(inherited, [...removed, ...made.map(({ name }) => name)]),
      context.policy.prefix,
    )),
  );
  const variables = { ...inherited };
  for (const name of removed) delete variables[name];
  for (const { name, value } of made) variables[name] = value;
  const run = await settingsFile(folder, { mode, place, variables, inherited, made, removed, options });
  if (run !== undefined) {
    made.push(run);
    variables[run.name] = run.value;
  }
  return {
    variables,
    changes: made,
    removed,
    directory: folder.path,
    authorities:
      common.mergedFile === undefined || common.truststore === undefined
        ? undefined
        : { bundle: common.mergedFile, truststore: common.truststore.path },
    argv: place === "command" ? insertOptions(options.argv ?? [], readRights(readable)) : (options.argv ?? []),
    readable,
    warnings: [...context.policy.warnings, ...context.trust.warnings, ...context.identities.warnings],
    [Symbol.asyncDispose]: () => folders[Symbol.asyncDispose](),
  };
}

const nothing: VariableValues = { proxy: {}, noProxy: [] };

async function commonValues(folders: Folders, options: ChildEnvironmentOptions): Promise<VariableValues> {
  const folder = folders.own;
  const { context, gateway, variables } = options;
  const { JAVA_TOOL_OPTIONS: javaToolOptions, MAVEN_OPTS: mavenOptions } = variables;
  const clientCertificate = keepsCertificate(options) ? undefined : await ownCertificate(folder, context);
  const proxies = options.captured === true ? nothing : await childProxy(context, gateway);
  const login = javaLoginOptions(proxies.proxy);
  return {
    ...proxies,
    ...(await trustFiles(folders, options)),
    ...(login !== undefined && { javaLogin: await folder.write("java-options", login) }),
    ...(javaToolOptions !== undefined && { javaToolOptions }),
    ...(mavenOptions !== undefined && { mavenOptions }),
    ...(clientCertificate !== undefined && { clientCertificate }),
  };
}

/**
 * Whether the certificate is the gateway's alone: it presents it where it opens hosts, and nobody else has a passphrase that a
 * command gave.
 */
function keepsCertificate({ context, gateway }: ChildEnvironmentOptions): boolean {
  if (gateway === undefined) return false;
  return (
    gateway.authority !== undefined ||
    context.policy.identities.some(({ passphrase }) => passphrase?.value.kind === "command")
  );
}

/** The files of the certificate for all hosts. One for some hosts is left out: the programs that read these show it to every host. */
async function ownCertificate(
  folder: PrivateFolder,
  { policy, system }: DialContext,
): Promise<VariableValues["clientCertificate"]> {
  const spec = policy.identities.find(({ hosts }) => hosts === "all");
  if (spec?.cert === undefined || spec.key === undefined || spec.pfx !== undefined) return undefined;
  const pair = {
    cert: await pathOf(spec.cert, folder, "client-certificate.pem"),
    key: await pathOf(spec.key, folder, "client-key.pem"),
  };
  if (spec.passphrase === undefined) return pair;
  const passphrase = await resolveSecret(spec.passphrase.value, system, { setting: "the key's passphrase" });
  return { ...pair, passphrase: passphrase.reveal() };
}

/** Programs read a path there: a text that stands in its place goes into a file. */
async function pathOf({ value, text }: FileSetting, folder: PrivateFolder, name: string): Promise<string> {
  return text === undefined ? value : folder.write(name, text.reveal());
}

/** A Node child that goes to the gateway must not read the user's routes and commands once more, and go past it. */
async function withoutConfiguration(folder: PrivateFolder, prefix: string): Promise<ChildVariable> {
  const value = await folder.write("config.json", "{}\n");
  return { name: `${prefix}_CONFIG`, value, secret: false, readBy: "sallyport's preload" };
}

/** What is in the way of the policy, and the secrets that the gateway keeps for itself. */
function takenOut(
  inherited: Readonly<Record<string, string>>,
  made: readonly ChildVariable[],
  options: ChildEnvironmentOptions,
): string[] {
  const { context, gateway } = options;
  const set = new Set(made.map(({ name }) => name));
  const { prefix } = context.policy;
  const keeps = keepsCertificate(options);
  const obsolete = new Set([
    ...(keeps ? certificateNames(`${prefix}_CLIENT`) : []),
    ...(keeps && prefix === "SALLYPORT" ? certificateNames("CLAUDE_CODE_CLIENT") : []),
    // Of a run around this one: what it restores is not what this one has set.
    "SALLYPORT_RUN",
    // A gateway's URL holds its token.
    "SALLYPORT_GATEWAY",
    ...(gateway === undefined
      ? []
      : [
          ...certificateNames(`${prefix}_PROXY_CLIENT`),
          `${prefix}_PAC_URL`,
          `${prefix}_PROXY_AUTH_HELPER`,
          // Its answer would override the gateway's token.
          "CLAUDE_CODE_ENABLE_PROXY_AUTH_HELPER",
        ]),
  ]);
  return Object.keys(inherited).filter(
    (name) => !set.has(name) && (competes(name) || obsolete.has(name) || isPutAside(name)),
  );
}

/** What `sallyport env` had a shell keep, to undo it: logins among it. */
const isPutAside = (name: string): boolean => name.startsWith("SALLYPORT_OLD_");

const certificateNames = (prefix: string): string[] =>
  ["CERT", "KEY", "KEY_PASSPHRASE", "PFX"].map((suffix) => `${prefix}_${suffix}`);

interface Furnished {
  readonly mode: ReturnType<typeof preloadMode>;
  readonly place: PermissionPlace | undefined;
  readonly variables: Readonly<Record<string, string>>;
  readonly inherited: Readonly<Record<string, string>>;
  readonly made: readonly ChildVariable[];
  readonly removed: readonly string[];
  readonly options: ChildEnvironmentOptions;
}

/** Undefined where the variables say all that a Node child has to know. */
async function settingsFile(
  folder: PrivateFolder,
  { mode, place, variables, inherited, made, removed, options }: Furnished,
): Promise<ChildVariable | undefined> {
  const { context } = options;
  const { prefix } = context.policy;
  if (mode === "none" || (mode === "gateway" && prefix === "SALLYPORT")) return undefined;
  // What a gateway and an undoing are for is no setting: there is nothing to restore.
  const settings = removed.filter((name) => name !== "SALLYPORT_GATEWAY" && !isPutAside(name));
  const contents =
    mode === "gateway"
      ? { set: {}, restore: {}, prefix }
      : runFile({
          prefix,
          options: await optionsForChildren(context),
          child: variables,
          touched: [...made.map(({ name }) => name), ...settings].filter((name) => !stays(name, context.policy, place)),
          inherited,
        });
  const value = await folder.write("run.json", JSON.stringify(contents));
  return { name: "SALLYPORT_RUN", value, secret: false, readBy: "sallyport's preload" };
}

/** To ask the operating system for its proxy takes a command, which a program under `--permission` may not start: it is told. */
function stays(name: string, { proxy: { https, http } }: Policy, place: PermissionPlace | undefined): boolean {
  const isSystems = [https, http].some((setting) => setting?.source.kind === "system");
  return place !== undefined && isSystems && /^(?:https?|no)_proxy$/i.test(name);
}

function withoutNames(variables: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  const left = { ...variables };
  for (const name of names) delete left[name];
  return left;
}

function defined(variables: ChildEnvironmentOptions["variables"]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    if (value !== undefined) found[name] = value;
  }
  return found;
}
