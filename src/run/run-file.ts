import { createRequire } from "node:module";
import { join } from "node:path";
import type { DialContext } from "../dial/types.js";
import {
  givenOptions,
  resolveSecret,
  type GivenOptions,
  type CertificateInput,
  type SecretInput,
} from "../policy/index.js";
import type { RunFile } from "../tools/types.js";

/** Set by the build of the command line: the folder of its chunks, two below that of the whole build. */
declare const SALLYPORT_CHUNKS: string | undefined;

/**
 * Where this package's preload lies. By its public name, since the caller may be a source file, or be bundled with a program of
 * somebody else's. The command line never is, and need not have Node look for a package (a fortieth of `sallyport run -- true`).
 */
export function preloadFile(): string {
  if (typeof SALLYPORT_CHUNKS === "string") return join(SALLYPORT_CHUNKS, "../../preload/register.cjs");
  return createRequire(import.meta.url).resolve("sallyport/register");
}

export interface RunFileInput {
  readonly prefix: string;
  readonly options: GivenOptions;
  /** The variables that the child gets. */
  readonly child: Readonly<Record<string, string>>;
  /** Names that were changed, added or taken out. */
  readonly touched: readonly string[];
  /** The variables before. */
  readonly inherited: Readonly<Record<string, string>>;
}

export function runFile({ prefix, options, child, touched, inherited }: RunFileInput): RunFile {
  const set: Record<string, string> = {};
  const restore: Record<string, string | null> = {};
  const variables = sameAs(options, prefix);
  for (const name of new Set([...touched, ...Object.values(variables).flat()])) {
    const before = inherited[name];
    const now = child[name];
    if (now !== undefined) set[name] = now;
    if (before !== now) restore[name] = before ?? null;
  }
  return {
    set,
    restore,
    ...(prefix !== "SALLYPORT" && { prefix }),
    ...(Object.keys(options).length > 0 && { options: { ...options }, variables }),
  };
}

/**
 * The options of a context as its Node children get them. A passphrase that a command gives is asked for here, once, since it may be a
 * person who is asked; a proxy's login, which may change, is asked for by each child.
 * @throws {ConnectError} SECRET_COMMAND_FAILED where the command gives none
 */
export async function optionsForChildren({ policy, system }: DialContext): Promise<GivenOptions> {
  const { proxy, ...options } = givenOptions(policy.given);
  const passphrase = async (input: SecretInput | undefined): Promise<SecretInput | undefined> =>
    typeof input === "object" && "command" in input
      ? (
          await resolveSecret({ kind: "command", command: input.command }, system, { setting: "the key's passphrase" })
        ).reveal()
      : input;
  const asked = async <T extends CertificateInput>(identity: T): Promise<T> =>
    identity.passphrase === undefined ? identity : { ...identity, passphrase: await passphrase(identity.passphrase) };
  const { proxyPassphrase, identities } = options;
  return {
    ...(await asked(options)),
    ...(proxyPassphrase !== undefined && { proxyPassphrase: await passphrase(proxyPassphrase) }),
    ...(identities !== undefined && { identities: await Promise.all(identities.map(asked)) }),
    // Apart, since a program may set the variable of one of them.
    ...(proxy !== undefined && {
      httpsProxy: given(options.httpsProxy) ?? proxy,
      httpProxy: given(options.httpProxy) ?? proxy,
    }),
  };
}

const given = <T>(value: T | undefined): T | undefined => (value === "" ? undefined : value);

/** The variables that mean the same as an option. What adds to other settings is overruled by none. */
function sameAs(options: GivenOptions, prefix: string): Record<string, readonly string[]> {
  const own = (...suffixes: string[]): string[] => suffixes.map((suffix) => `${prefix}_${suffix}`);
  const both = (name: string): string[] => [name, name.toLowerCase()];
  const certificate = ["CERT", "KEY", "KEY_PASSPHRASE", "PFX"];
  const client = own(...certificate.map((part) => `CLIENT_${part}`));
  const claude = ["CERT", "KEY", "KEY_PASSPHRASE"].map((part) => `CLAUDE_CODE_CLIENT_${part}`);
  const origin = prefix === "SALLYPORT" ? [...client, ...claude] : client;
  const proxy = own(...certificate.map((part) => `PROXY_CLIENT_${part}`));
  const table: Partial<Record<keyof GivenOptions, readonly string[]>> = {
    httpsProxy: both("HTTPS_PROXY"),
    httpProxy: both("HTTP_PROXY"),
    pac: [...own("PAC_URL"), ...both("HTTPS_PROXY"), ...both("HTTP_PROXY")],
    pacFallback: own("PAC_FALLBACK"),
    noProxy: both("NO_PROXY"),
    stores: own("CERT_STORE"),
    proxyAuth: own("PROXY_AUTH", "PROXY_SPN", "PROXY_AUTH_HOSTS", "PROXY_AUTH_HELPER", "PROXY_AUTH_HELPER_TTL_MS"),
    strict: own("STRICT"),
    osProxy: own("OS_PROXY"),
    cert: origin,
    key: origin,
    pfx: origin,
    passphrase: origin,
    proxyCert: proxy,
    proxyKey: proxy,
    proxyPfx: proxy,
    proxyPassphrase: proxy,
  };
  return Object.fromEntries(Object.entries(table).filter(([name]) => Object.hasOwn(options, name)));
}
