import { dirname } from "node:path";
import type { DialContext } from "../dial/types.js";
import type { DataFolder } from "../env/index.js";
import { proxyUrl, settingName, writtenEntries } from "../policy/index.js";
import type { FileSetting, Policy, ProxyLogin, ProxyServer, SecretRef } from "../policy/types.js";
import {
  bundleContents,
  phpConfiguration,
  phpFolders,
  wgetConfiguration,
  loadTruststore,
  truststorePassword,
  childVariables,
  competes,
} from "../tools/index.js";
import { planChild } from "../run/index.js";
import type { ChildVariable, VariableValues } from "../tools/types.js";
import { assignmentsOf } from "./assignments.js";
import { defaultPair, passwordOf, reveal, secretValue, serverOf } from "./secrets.js";
import { keptPrefix } from "./shell-state.js";
import { inContainer } from "./tools/docker.js";
import type { ExportedSettings, ProxyEnd } from "./types.js";

type Variables = Readonly<Record<string, string | undefined>>;

export interface ExportOptions {
  readonly context: DialContext;
  /** Of sallyport. */
  readonly version: string;
  /** The user's variables, without what an earlier `sallyport env` set. */
  readonly variables: Variables;
  /** The variables as they are: what a text may refer to. */
  readonly present: Variables;
  /** Where the files go that the variables name. */
  readonly folder: DataFolder;
  readonly home: string;
  /** Write logins and passphrases out. Commands are run for that alone. Default false. */
  readonly secrets?: boolean;
  /** The text is for this very environment, so that options which it holds are to be kept. Default false. */
  readonly inherit?: boolean;
  /**
   * A running gateway, which everything is to go through, loopback excepted; with its token. The authority of one that opens TLS is to
   * be in the context's trust.
   */
  readonly gateway?: { readonly url: string };
  /** The preload's file, for Node programs. */
  readonly preload?: string;
  /** The text is for containers, which have our files by their own names. Default: files name each other by their paths here. */
  readonly inContainers?: boolean;
}

export interface Exports {
  readonly exported: ExportedSettings;
  /** Variables of the user's that would lead programs past these settings. */
  readonly competing: readonly string[];
  /** What the settings hold and variables cannot express, in words for people. */
  readonly limits: readonly string[];
}

/** Name of the variable that holds a gateway's URL, and of the secret that it is. */
export const gatewayVariable = "SALLYPORT_GATEWAY";

/**
 * The settings as variables, and the files that these name.
 * @throws {ConnectError} for a proxy that variables cannot name, and for a secret that is to be written out and cannot be had
 */
export async function exportSettings(options: ExportOptions): Promise<Exports> {
  const { context, variables, gateway, secrets = false, inherit = false } = options;
  const files = await writeFiles(options);
  const existing = inherit ? extended(variables) : {};
  const made = childVariables(await valuesOf(options, files, existing));
  const assignments = assignmentsOf([...gatewayUrl(gateway), ...made], { files, secrets, existing });
  const names = new Set(assignments.map(({ name }) => name));
  const certificate = presentable(options);
  return {
    exported: {
      version: options.version,
      platform: context.system.platform,
      assignments,
      proxy: gateway === undefined ? await proxyEnds(options) : gatewayEnds(gateway.url, secrets),
      files,
      ...(certificate !== undefined && {
        clientCertificate: {
          cert: certificate.cert.value,
          key: certificate.key.value,
          encrypted: certificate.passphrase !== undefined,
        },
      }),
      heldBy: await holders(options, assignments),
    },
    competing: Object.keys(variables).filter(
      (name) => variables[name] !== undefined && competes(name) && !names.has(name),
    ),
    limits: gateway === undefined ? limitsOf(context) : [],
  };
}

/** A gateway presents it by itself. What stands in a setting itself is in no file that variables could name. */
function presentable({ context, gateway }: ExportOptions): ReturnType<typeof defaultPair> {
  const pair = gateway === undefined ? defaultPair(context.policy) : undefined;
  return pair === undefined || textIn(pair) !== undefined ? undefined : pair;
}

const textIn = ({ cert, key }: NonNullable<ReturnType<typeof defaultPair>>): FileSetting | undefined =>
  [key, cert].find(({ text }) => text !== undefined);

const gatewayUrl = (gateway: ExportOptions["gateway"]): ChildVariable[] =>
  gateway === undefined
    ? []
    : [{ name: gatewayVariable, value: gateway.url, secret: gateway.url.includes("@"), readBy: "sallyport env" }];

async function valuesOf(
  options: ExportOptions,
  files: ExportedSettings["files"],
  existing: Readonly<Record<string, string>>,
): Promise<VariableValues> {
  const { context, gateway, secrets = false, preload } = options;
  const certificate = presentable(options);
  const passphrase = certificate?.passphrase?.value;
  return {
    proxy: gateway === undefined ? await proxies(options) : { https: gateway.url, http: gateway.url },
    noProxy: noProxyOf(context.policy, gateway === undefined),
    ...(files.extra !== undefined && { extraFile: files.extra }),
    ...(files.merged !== undefined && { mergedFile: files.merged }),
    ...(files.truststore !== undefined && { truststore: { path: files.truststore, password: truststorePassword } }),
    ...(files.wgetrc !== undefined && { wgetrc: files.wgetrc }),
    ...(files.php !== undefined && { phpFolders: phpFoldersOf(options, files.php) }),
    ...(certificate !== undefined && {
      clientCertificate: {
        cert: certificate.cert.value,
        key: certificate.key.value,
        // Any text will do where the secret is only referred to.
        ...(passphrase !== undefined && {
          passphrase: secrets ? await reveal(passphrase, context.system, "the key's passphrase") : "passphrase",
        }),
      },
    }),
    ...(preload !== undefined && { preload }),
    ...(existing["NODE_OPTIONS"] !== undefined && { nodeOptions: existing["NODE_OPTIONS"] }),
    ...(existing["JAVA_TOOL_OPTIONS"] !== undefined && { javaToolOptions: existing["JAVA_TOOL_OPTIONS"] }),
    ...(existing["MAVEN_OPTS"] !== undefined && { mavenOptions: existing["MAVEN_OPTS"] }),
  };
}

const phpFoldersOf = ({ context, variables, inherit }: ExportOptions, file: string): string =>
  phpFolders(inherit === true ? variables["PHP_INI_SCAN_DIR"] : undefined, dirname(file), context.system.platform);

/** Variables that are added to, and not replaced. */
function extended(variables: Variables): Record<string, string> {
  const found = ["NODE_OPTIONS", "JAVA_TOOL_OPTIONS", "MAVEN_OPTS"].flatMap((name) => {
    const value = variables[name];
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(found) as Record<string, string>;
}

/** The files that variables name. None of them holds a secret. */
async function writeFiles(options: ExportOptions): Promise<ExportedSettings["files"]> {
  const { context, folder, inContainers = false } = options;
  const { extra, merged, certificates } = bundleContents(context.trust);
  // What the programs' own stores hold is all that there is.
  if (extra === undefined) return {};
  const mergedFile = await folder.write("authorities", "pem", merged);
  return {
    extra: await folder.write("extra", "pem", extra),
    merged: mergedFile,
    truststore: await folder.write("authorities", "p12", (await loadTruststore()).writeTruststore(certificates)),
    php: await folder.write("php", "ini", phpConfiguration),
    // A wgetrc of the user's may hold passwords, and change: it is not copied to a place where it would stay. A container has none of it.
    ...(!inContainers && (await hasWgetConfiguration(options))
      ? {}
      : {
          wgetrc: await folder.write(
            "wgetrc",
            "conf",
            wgetConfiguration("", inContainers ? inContainer("merged") : mergedFile),
          ),
        }),
  };
}

async function hasWgetConfiguration({ context, variables, home }: ExportOptions): Promise<boolean> {
  if ((variables["WGETRC"] ?? "") !== "") return true;
  return context.system.stat(`${home}/.wgetrc`).then(
    () => true,
    () => false,
  );
}

/** A gateway decides by itself who is reached without a proxy, and shows them their certificate. */
const noProxyOf = ({ noProxy: { value } }: Policy, entries: boolean): string[] => [
  ...(entries ? writtenEntries(value.entries) : []),
  ...(value.proxyLoopback ? ["<-loopback>"] : []),
];

/** With the login, or with something in its place that is different for each. */
async function proxies(options: ExportOptions): Promise<VariableValues["proxy"]> {
  const { https, http } = servers(options.context.policy);
  const same = https?.login !== undefined && http?.login !== undefined && sameLogin(https.login, http.login);
  const url = async (server: ProxyServer, stand: string): Promise<string> =>
    options.secrets === true
      ? proxyUrl(server, await passwordOf(server, options.context.system))
      : proxyUrl(server, server.login === undefined ? undefined : stand);
  return {
    ...(https !== undefined && { https: await url(https, "login") }),
    ...(http !== undefined && { http: await url(http, same ? "login" : "other-login") }),
  };
}

const sameLogin = (one: ProxyLogin, other: ProxyLogin): boolean =>
  one.username === other.username && sameSecret(one.password, other.password);

/** By what they refer to; two commands that print the same are two secrets. */
function sameSecret(one: SecretRef, other: SecretRef): boolean {
  if (one.kind === "inline") return other.kind === "inline" && one.secret.reveal() === other.secret.reveal();
  if (one.kind === "file") return other.kind === "file" && one.path === other.path;
  return other.kind === "command" && JSON.stringify([one.command]) === JSON.stringify([other.command]);
}

async function proxyEnds(options: ExportOptions): Promise<ExportedSettings["proxy"]> {
  const { https, http } = servers(options.context.policy);
  const end = async (server: ProxyServer): Promise<ProxyEnd> => ({
    url: proxyUrl({ protocol: server.protocol, host: server.host, port: server.port }),
    login: server.login !== undefined,
    ...(server.login !== undefined && showsUsername(server.login) && { username: server.login.username }),
    ...(server.login !== undefined &&
      options.secrets === true && { urlWithLogin: proxyUrl(server, await passwordOf(server, options.context.system)) }),
  });
  return {
    ...(https !== undefined && { https: await end(https) }),
    ...(http !== undefined && { http: await end(http) }),
  };
}

/** Whoever has no password has a token for a user name, and whoever forgets the colon. */
const showsUsername = ({ username, password }: ProxyLogin): boolean =>
  (password.kind !== "inline" || password.secret.reveal() !== "") && /^[\w.@\\+ -]{1,64}$/.test(username);

/** The login is a token as a whole: nobody's credential helper knows of it. */
function gatewayEnds(url: string, secrets: boolean): ExportedSettings["proxy"] {
  const { username, origin } = new URL(url);
  const end: ProxyEnd = {
    url: origin,
    login: username !== "",
    ...(username !== "" && secrets && { urlWithLogin: url }),
  };
  return { https: end, http: end };
}

/** What is asked of them is done or refused: a PAC file that no variable can name must not look like no proxy at all. */
function servers({ proxy }: Policy): {
  readonly https: ProxyServer | undefined;
  readonly http: ProxyServer | undefined;
} {
  return { https: serverOf(proxy.https), http: serverOf(proxy.http) };
}

/**
 * The variables that hold a secret already, as it would be written. A text that refers to one needs no `sallyport` where it is
 * used. Nothing is run or read for this: a secret that is not at hand is held by none.
 */
async function holders(
  { context, present, gateway }: ExportOptions,
  assignments: ExportedSettings["assignments"],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const secretOf = new Map(
    assignments.map(({ name, value }) => [name, value.kind === "secret" ? value.name : undefined]),
  );
  for (const name of new Set([...secretOf.values()].filter((secret) => secret !== undefined))) {
    const value = name === gatewayVariable ? gateway?.url : await inlineValue(context, name);
    if (value === undefined) continue;
    const candidates = [name, name.toLowerCase(), ...Object.keys(present)].filter(
      (candidate) =>
        present[candidate] === value &&
        /^[A-Za-z_]\w*$/.test(candidate) &&
        !candidate.startsWith(keptPrefix) &&
        // One that is about to be set to something else would not hold it for long.
        (!secretOf.has(candidate) || secretOf.get(candidate) === name),
    );
    if (candidates[0] !== undefined) found.set(name, candidates[0]);
  }
  return found;
}

async function inlineValue({ policy, system }: DialContext, name: string): Promise<string | undefined> {
  const wanted = (["HTTPS_PROXY", "HTTP_PROXY", "CLAUDE_CODE_CLIENT_KEY_PASSPHRASE"] as const).find(
    (candidate) => candidate === name,
  );
  if (wanted === undefined) return undefined;
  const { https, http } = servers(policy);
  const ref =
    wanted === "HTTPS_PROXY"
      ? https?.login?.password
      : wanted === "HTTP_PROXY"
        ? http?.login?.password
        : defaultPair(policy)?.passphrase?.value;
  return ref?.kind === "inline" ? secretValue(policy, system, wanted) : undefined;
}

/** Claude Code alone takes a client certificate from variables. */
function limitsOf(context: DialContext): string[] {
  const { reasons } = planChild(context);
  const texts = reasons.filter(({ kind }) => kind !== "client-certificate").map(({ text }) => text);
  if (context.identities.origins.length === 0) return texts;
  const pair = defaultPair(context.policy);
  const text = pair && textIn(pair);
  const certificate =
    text === undefined
      ? "a client certificate, which Claude Code alone takes from variables"
      : `a client certificate that is text in ${settingName(text.source)}, where programs need the path of a file`;
  return [...texts, certificate];
}
