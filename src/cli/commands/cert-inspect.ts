import type { KeyObject, X509Certificate } from "node:crypto";
import { describeCertificate, describeKey, findIssuers, type FoundKey } from "../../certificates/index.js";
import { pemToBase64 } from "../../base/pem.js";
import type { Context } from "../context.js";
import type { CertFlags } from "../invocation.js";
import { exitCode } from "../terminal/io.js";
import { certificatesOf, openSource, readFile, type Source } from "./cert-source.js";
import type { Look, LookedKey } from "./cert-look.js";
import { renderLook } from "./cert-print.js";

/** `sallyport cert inspect`: what a file holds or a host shows. Exit 0 where anything was seen, whatever is to be said of it. */
export async function certInspectCommand(text: string, flags: CertFlags, context: Context): Promise<number> {
  const { terminal } = context;
  const source = await openSource(text, flags, context);
  const other = flags.key === undefined ? [] : (await readFile(flags.key, flags, context)).keys;
  const look = looked(source, other, Date.now());
  const fault = source.kind === "host" ? source.look.fault : undefined;
  if (flags.json === true) await terminal.json({ ok: true, ...look, fault: fault?.toJSON() ?? null });
  else await terminal.print(renderLook(look, fault?.toJSON(), terminal.out));
  return exitCode.fine;
}

function looked(source: Source, otherKeys: readonly FoundKey[], now: number): Look {
  const certificates = certificatesOf(source);
  const issuers = findIssuers(certificates);
  const lines = source.kind === "file" ? source.contents.certificates.map(({ line }) => line) : [];
  const trusted = source.kind === "host" ? new Set(source.network.trust.certificates.map(pemToBase64)) : undefined;
  const keys = source.kind === "file" ? [...source.contents.keys, ...otherKeys] : otherKeys;
  return {
    source: { kind: source.kind, name: source.name },
    format: source.kind === "file" ? source.contents.format : null,
    route: source.kind === "host" ? source.look.route : null,
    certificates: certificates.map((certificate, index) => ({
      ...describeCertificate(certificate, now),
      line: lines[index] ?? null,
      signedBy: issuers[index] ?? null,
      trusted: trusted?.has(certificate.raw.toString("base64")) ?? null,
    })),
    keys: keys.map((key) => lookedKey(key, certificates)),
    notes: source.kind === "file" ? [...source.contents.losses, ...source.contents.notes] : [],
  };
}

function lookedKey({ key, line, encrypted, why }: FoundKey, certificates: readonly X509Certificate[]): LookedKey {
  const place = key === undefined ? -1 : certificates.findIndex((certificate) => belongs(certificate, key));
  return {
    kind: key === undefined ? null : describeKey(key),
    line: line ?? null,
    encrypted,
    belongsTo: place === -1 ? null : place,
    why: why ?? null,
  };
}

function belongs(certificate: X509Certificate, key: KeyObject): boolean {
  try {
    return certificate.checkPrivateKey(key);
  } catch {
    // Of a kind that OpenSSL does not know.
    return false;
  }
}
