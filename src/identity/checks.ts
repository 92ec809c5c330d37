import type { X509Certificate } from "node:crypto";
import { certificateState } from "../base/certificate-life.js";
import { isSelfSigned } from "../base/certificate.js";
import type { System } from "../base/system.js";
import type { FileSetting } from "../policy/types.js";
import type { Chain } from "./chain.js";
import type { Findings } from "./findings.js";
import {
  chainIncomplete,
  expired,
  expiresSoon,
  intermediateExpired,
  notForClients,
  notYetValid,
} from "./faults-certificate.js";
import { accessibleToOthers } from "./faults-key.js";
import { anyUsage as anyUsageOnly } from "./faults-key-kind.js";

const clientAuth = "1.3.6.1.5.5.7.3.2";
const anyUsage = "2.5.29.37.0";

/** Dates, purpose and chain of a client certificate. */
export function checkCertificate(chain: Chain, file: FileSetting, now: number, findings: Findings): void {
  checkDates(chain.leaf, file, now, findings);
  for (const issuer of chain.issuers) {
    if (Date.parse(issuer.validTo) < now) {
      findings.add("CLIENT_CERT_EXPIRED", intermediateExpired(file, issuer), { severity: "warning" });
    }
  }
  checkUsage(chain.leaf, file, findings);
  checkLinks(chain, file, findings);
}

function checkDates(leaf: X509Certificate, file: FileSetting, now: number, findings: Findings): void {
  const from = Date.parse(leaf.validFrom);
  const to = Date.parse(leaf.validTo);
  const state = certificateState(from, to, now);
  if (state === "expired") {
    findings.add("CLIENT_CERT_EXPIRED", expired(file, leaf));
  } else if (state === "not-yet-valid") {
    findings.add("CLIENT_CERT_NOT_YET_VALID", notYetValid(file, leaf, now));
  } else if (state === "expires-soon") {
    findings.add("CLIENT_CERT_EXPIRES_SOON", expiresSoon(file, leaf, now));
  }
}

/** A certificate that lists purposes without this one is refused by servers (RFC 5280 section 4.2.1.12). */
function checkUsage(leaf: X509Certificate, file: FileSetting, findings: Findings): void {
  // Node calls the extended key usage `keyUsage`; its types say that it is always there.
  const usages: readonly string[] | undefined = leaf.keyUsage;
  if (usages === undefined || usages.length === 0 || usages.includes(clientAuth)) return;
  // RFC 5280 allows it; OpenSSL's check of a client's certificate does not know it (seen with 3.0 and 3.5).
  if (usages.includes(anyUsage)) findings.add("CLIENT_CERT_USAGE", anyUsageOnly(file, leaf), { severity: "warning" });
  else findings.add("CLIENT_CERT_USAGE", notForClients(file, leaf));
}

/** A leaf alone is normal: many servers hold the intermediates. Other certificates beside it that lead nowhere are a mistake. */
function checkLinks({ leaf, issuers, strangers }: Chain, file: FileSetting, findings: Findings): void {
  const last = issuers.at(-1) ?? leaf;
  const stranger = strangers[0];
  if (stranger === undefined || isSelfSigned(last)) return;
  findings.add("CLIENT_CERT_CHAIN_INCOMPLETE", chainIncomplete(file, stranger, last));
}

/** A key that others can read is no longer one person's. */
export async function checkPermissions(file: FileSetting, system: System, findings: Findings): Promise<void> {
  // Modes on Windows are made up by libuv from the read-only flag. A text in a setting has none.
  if (system.platform === "win32" || file.text !== undefined) return;
  const mode = await system.stat(file.value).then(
    (stat) => stat.mode & 0o777,
    // It was read a moment ago: a file that has gone since is told of by the next reading.
    () => 0,
  );
  if ((mode & 0o077) === 0) return;
  findings.add("KEY_PERMISSIONS", accessibleToOthers(file, mode));
}
