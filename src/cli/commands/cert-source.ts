import { existsSync } from "node:fs";
import type { X509Certificate } from "node:crypto";
import type { Contents, HostLook } from "../../certificates/index.js";
import { hostPortOf, type HostPort } from "../../base/hostname.js";
import { readUrl } from "../../base/read-url.js";
import { gatherContext } from "../../clients/index.js";
import type { DialContext } from "../../dial/types.js";
import { parseTarget } from "../../doctor/index.js";
import { resolveSecret } from "../../policy/index.js";
import type { Context } from "../context.js";
import { hostOfHttp } from "../faults-cert.js";
import type { GlobalFlags } from "../invocation.js";
import { readBounded, shownFile } from "../terminal/read-bounded.js";
import { networkOptions } from "./network.js";

/** What a person has named: a file that was read, or a host that was looked at. */
export type Source =
  | { readonly kind: "file"; readonly name: string; readonly contents: Contents }
  | { readonly kind: "host"; readonly name: string; readonly look: HostLook; readonly network: DialContext };

/** Reads the file, or looks at the host. @throws {ConnectError} where there is nothing to see */
export async function openSource(text: string, flags: GlobalFlags, context: Context): Promise<Source> {
  const target = hostIn(text);
  if (target === undefined)
    return { kind: "file", name: shownFile(text), contents: await readFile(text, flags, context) };
  const { lookAtHost } = await import("../../certificates/index.js");
  const network = await gatherContext(networkOptions(withoutIdentity(flags), context));
  const look = await lookAtHost(network, target, context.io.signal);
  return { kind: "host", name: look.host, look, network };
}

/** @throws {ConnectError} */
export async function readFile(path: string, flags: GlobalFlags, context: Context): Promise<Contents> {
  const { io } = context;
  const bytes = await readBounded(path, io.stdin, io.signal);
  const { readContents } = await import("../../certificates/index.js");
  return readContents(bytes, { path: shownFile(path), passphrase: passphraseOf(flags, context), signal: io.signal });
}

export const certificatesOf = (source: Source): readonly X509Certificate[] =>
  source.kind === "host"
    ? source.look.certificates
    : source.contents.certificates.map(({ certificate }) => certificate);

/** These flags are about the file that is looked at, and no client certificate is shown to a host. */
function withoutIdentity(flags: GlobalFlags): GlobalFlags {
  const own = new Set(["cert", "key", "pfx", "passphraseFile", "passphraseCommand"]);
  return { ...Object.fromEntries(Object.entries(flags).filter(([name]) => !own.has(name))), color: flags.color };
}

/** Of the flags; asked for once. */
export function passphraseOf(flags: GlobalFlags, context: Context): () => Promise<string | undefined> {
  let asked: Promise<string | undefined> | undefined;
  const ask = async (): Promise<string | undefined> => {
    const { passphraseFile: path, passphraseCommand: command } = flags;
    if (path === undefined && command === undefined) return undefined;
    const { system } = networkOptions(flags, context);
    const ref =
      path === undefined ? { kind: "command" as const, command: command ?? "" } : { kind: "file" as const, path };
    return (await resolveSecret(ref, system, { signal: context.io.signal })).reveal();
  };
  return () => (asked ??= ask());
}

/** Endings of files: no top-level domain is called so. */
const fileName = /\.(?:pem|crt|cer|cert|der|key|p12|pfx|p7[bcs]|jks|csr|txt|bundle|ca|keystore|gz|zip|json)$/i;

/** The host that is meant, or undefined for a file. What is there as a file is one, whatever it is called. */
export function hostIn(text: string): HostPort | undefined {
  if (text === "-") return undefined;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    const url = parseTarget(text);
    if (url.protocol === "http:") throw hostOfHttp();
    return hostPortOf(url);
  }
  if (/[\\/\s]/.test(text) || fileName.test(text) || existsSync(text)) return undefined;
  const looksLikeHost = /^(?:\[[0-9a-f:.%]+\]|[^:]+\.[^:.]+|localhost|[^:]+(?=:\d))(?::\d{1,5})?\.?$/i.test(text);
  const url = looksLikeHost ? readUrl(`https://${text}/`) : undefined;
  return url === undefined || url.hostname === "" || url.username !== "" ? undefined : hostPortOf(url);
}
