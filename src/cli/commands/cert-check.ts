import type { X509Certificate } from "node:crypto";
import { describeCertificate, findIssuers } from "../../certificates/index.js";
import { codeOf } from "../../base/error-code.js";
import { findConnectError, type ConnectError } from "../../base/errors.js";
import type { Context } from "../context.js";
import { invalidMaxUsed } from "../faults-cert.js";
import type { CertFlags } from "../invocation.js";
import { life } from "./cert-print.js";
import { certificatesOf, openSource } from "./cert-source.js";

/** The exit codes of `step certificate needs-renewal`, which scripts and timers know: 0 says that there is something to do. */
const checkCode = { due: 0, notDue: 1, missing: 2, failed: 255 } as const;

/** As there: a certificate is due once two thirds of its life are over. */
const usualShare = 66;

interface Checked {
  readonly source: string;
  readonly name: string;
  readonly notAfter: string;
  readonly used: number;
  readonly needsRenewal: boolean;
}

/** `sallyport cert check`: whether certificates are due to be renewed. Of a file or host its own certificate counts, not the authorities above. */
export async function certCheckCommand(texts: readonly string[], flags: CertFlags, context: Context): Promise<number> {
  const { terminal, io } = context;
  const share = flags.maxUsed === undefined ? usualShare : readShare(flags.maxUsed);
  const checked: Checked[] = [];
  const lines: string[] = [];
  let fault: ConnectError | undefined;
  for (const text of texts) {
    try {
      const source = await openSource(text, flags, context);
      const own = ownCertificate(certificatesOf(source));
      if (own === undefined) continue;
      const report = describeCertificate(own, Date.now());
      const needsRenewal = report.used * 100 >= share;
      checked.push({
        source: source.name,
        name: report.name,
        notAfter: report.notAfter,
        used: report.used,
        needsRenewal,
      });
      const mark = needsRenewal ? terminal.out.warn("needs renewal:") : terminal.out.good("no renewal needed:");
      lines.push(`${mark} ${report.name} (${source.name}): ${life(report)}`);
    } catch (error) {
      io.signal.throwIfAborted();
      const found = findConnectError(error);
      if (found === undefined) throw error;
      fault ??= found;
      if (flags.json !== true) await terminal.fail(found);
    }
  }
  const due = checked.some(({ needsRenewal }) => needsRenewal);
  if (flags.json === true) {
    await terminal.json({
      ok: fault === undefined,
      needsRenewal: due,
      maxUsed: share,
      checked,
      fault: fault?.toJSON() ?? null,
    });
  } else await terminal.print(lines.map((line) => `${line}\n`).join(""));
  if (fault !== undefined) return codeOf(fault.cause) === "ENOENT" ? checkCode.missing : checkCode.failed;
  return due ? checkCode.due : checkCode.notDue;
}

/** The one that signed none of the others: what a program presents. Of authorities alone, the first. */
function ownCertificate(certificates: readonly X509Certificate[]): X509Certificate | undefined {
  const signers = new Set(findIssuers(certificates));
  return certificates.find((one, index) => !signers.has(index) && !one.ca) ?? certificates[0];
}

/** `66%` or `66`. @throws UsageError */
function readShare(text: string): number {
  const share = Number(/^\s*(\d{1,3}(?:\.\d+)?)\s*%?\s*$/.exec(text)?.[1] ?? Number.NaN);
  if (!(share > 0 && share <= 100)) throw invalidMaxUsed();
  return share;
}
