import { describeCertificate, type CertificateReport, type TrustedEntry } from "../../certificates/index.js";
import type { Context } from "../context.js";
import { ambiguousAuthority, unknownAuthority } from "../faults-cert.js";
import type { TrustFlags } from "../invocation.js";
import { exitCode } from "../terminal/io.js";
import { renderEntry } from "./cert-print.js";
import { openOwnBundle } from "./trust-bundle.js";

interface Listed extends CertificateReport {
  readonly from: string;
  readonly added: string | null;
}

/** `sallyport trust list`: what the user has added. */
export async function trustListCommand(flags: TrustFlags, context: Context): Promise<number> {
  const { terminal } = context;
  const { path, read } = openOwnBundle(context);
  const authorities = (await read()).map(listed);
  if (flags.json === true) await terminal.json({ ok: true, path, authorities });
  else if (authorities.length === 0)
    await terminal.print("You have added no authority. sallyport trust add FILE|HOST does.\n");
  else {
    const entries = authorities.map((one) => renderEntry(one, terminal.out));
    await terminal.print(`${terminal.out.bold(path)}\n\n${entries.join("\n\n")}\n`);
  }
  return exitCode.fine;
}

/** `sallyport trust remove`: by its name, or by the beginning of its fingerprint. */
export async function trustRemoveCommand(text: string, flags: TrustFlags, context: Context): Promise<number> {
  const { terminal } = context;
  const bundle = openOwnBundle(context);
  let removed: Listed | undefined;
  await bundle.change((entries) => {
    const found = entries.filter((entry) => isMeant(entry, text));
    if (found.length === 0) throw unknownAuthority();
    if (found.length > 1) throw ambiguousAuthority(found.map((entry) => listed(entry).sha256.slice(0, 16)));
    removed = found[0] && listed(found[0]);
    return entries.filter((entry) => entry !== found[0]);
  });
  if (flags.json === true) await terminal.json({ ok: true, path: bundle.path, removed: removed ?? null });
  else await terminal.print(`no longer trusted: ${removed?.name ?? ""}\n`);
  return exitCode.fine;
}

function listed({ certificate, from, added }: TrustedEntry): Listed {
  return { ...describeCertificate(certificate, Date.now()), from, added: added === "" ? null : added };
}

function isMeant(entry: TrustedEntry, text: string): boolean {
  const { name, sha256, subject } = listed(entry);
  const hex = text.replace(/[:\s]/g, "").toLowerCase();
  return name === text || subject === text || (/^[0-9a-f]{8,64}$/.test(hex) && sha256.startsWith(hex));
}
