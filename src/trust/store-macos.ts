import { createHash } from "node:crypto";
import { readPem, formatPem } from "../base/pem.js";
import type { System } from "../base/system.js";
import type { ReadStore } from "./types.js";

// By its full path: a `security` in some other folder of PATH must not decide what is trusted.
const security = "/usr/bin/security";
const systemRoots = "/System/Library/Keychains/SystemRootCertificates.keychain";
const systemKeychain = "/Library/Keychains/System.keychain";
const maximumOutput = 8 * 1024 * 1024;

/**
 * Reads the keychains by macOS's own tool. `tls.getCACertificates("system")` evaluates each certificate by itself and
 * has been seen to stall for minutes, in this process; the tool lists them at once, in a child that can be ended.
 *
 * Apple's own roots are trusted unless a trust setting says otherwise. What lies in other keychains is trusted only if a
 * setting of the user or of an administrator (a configuration profile counts as one) says so for TLS.
 */
export const readMacosStore: ReadStore = async (system, timeout) => {
  const run = (args: readonly string[]): Promise<string> => system.run([security, ...args], { timeout, maximumOutput });
  const [roots, own, user, admin] = await Promise.all([
    run(["find-certificate", "-a", "-p", systemRoots]),
    // Without the keychain's name: those on the user's search list, the login keychain among them.
    Promise.all([
      run(["find-certificate", "-a", "-p", systemKeychain]).catch(whereNone),
      run(["find-certificate", "-a", "-p"]).catch(whereNone),
    ]),
    exportSettings(system, [], timeout),
    exportSettings(system, ["-d"], timeout),
  ]);
  // The user's own settings come before the administrator's, as in Apple's evaluation.
  const verdicts = new Map([...parseTrustSettings(admin), ...parseTrustSettings(user)]);
  return Buffer.from(selectTrusted(roots, own.join("\n"), verdicts));
};

/** An empty keychain makes `security` exit with 44; being ended, or not being there, is a failure of the whole. */
function whereNone(error: unknown): string {
  if (error instanceof Error && /status \d+/.test(error.message)) return "";
  throw error;
}

/** `security` writes settings into a file only. Where there are none it fails, which is the normal case, and nothing is printed. */
async function exportSettings({ run }: System, domain: readonly string[], timeout: number): Promise<string> {
  const script = `file=$(/usr/bin/mktemp -t trust) && ${security} trust-settings-export ${domain.join(" ")} "$file" >/dev/null 2>&1 && /bin/cat "$file"; /bin/rm -f "$file"`;
  return run(["/bin/sh", "-c", script], { timeout, maximumOutput });
}

export type Verdict = "trusted" | "denied" | "unspecified";

/**
 * What an exported property list of trust settings says about TLS servers, by the SHA-1 of each certificate (upper-case
 * hexadecimal). The rules are those of Apple's SecTrustSettingsCopyTrustSettings: no constraints at all means trust, and a
 * constraint without a result means trust as well.
 */
export function parseTrustSettings(plist: string): ReadonlyMap<string, Verdict> {
  const verdicts = new Map<string, Verdict>();
  const entry = /<key>([0-9A-F]{40})<\/key>\s*<dict>/g;
  for (let match = entry.exec(plist); match !== null; match = entry.exec(plist)) {
    const body = balancedDict(plist, entry.lastIndex);
    verdicts.set(match[1] ?? "", verdictOf(body));
    entry.lastIndex += body.length;
  }
  return verdicts;
}

/** From just after a `<dict>` to its own `</dict>`. */
function balancedDict(plist: string, start: number): string {
  const tag = /<(\/?)dict>/g;
  tag.lastIndex = start;
  let depth = 1;
  for (let match = tag.exec(plist); match !== null; match = tag.exec(plist)) {
    depth += match[1] === "/" ? -1 : 1;
    if (depth === 0) return plist.slice(start, match.index);
  }
  return plist.slice(start);
}

// 1.2.840.113635.100.1.3, Apple's policy for TLS, as the property list writes its DER contents.
const tlsPolicy = "KoZIhvdjZAED";

function verdictOf(body: string): Verdict {
  const constraints = [...body.matchAll(/<dict>([\s\S]*?)<\/dict>/g)].map((match) => match[1] ?? "");
  if (constraints.length === 0) return "trusted";
  let verdict: Verdict = "unspecified";
  for (const constraint of constraints) {
    const policy = /<key>kSecTrustSettingsPolicy<\/key>\s*<data>([\s\S]*?)<\/data>/
      .exec(constraint)?.[1]
      ?.replaceAll(/\s/g, "");
    // Constraints for one application or one host name say nothing about all others.
    if (
      (policy !== undefined && policy !== tlsPolicy) ||
      /kSecTrustSettings(?:Application|PolicyString)</.test(constraint)
    )
      continue;
    const result = /<key>kSecTrustSettingsResult<\/key>\s*<integer>(\d+)<\/integer>/.exec(constraint)?.[1] ?? "1";
    // SecTrustSettingsResult: 1 trust root, 2 trust as root, 3 deny, 4 unspecified.
    if (result === "3") return "denied";
    if (result === "1" || result === "2") verdict = "trusted";
  }
  return verdict;
}

/** The certificates of `roots` that nothing denies, and those of `own` that something trusts. */
export function selectTrusted(roots: string, own: string, verdicts: ReadonlyMap<string, Verdict>): string {
  const chosen = (text: string, fits: (verdict: Verdict | undefined) => boolean): string =>
    readPem(Buffer.from(text))
      .blocks.filter(({ base64 }) =>
        fits(verdicts.get(createHash("sha1").update(base64, "base64").digest("hex").toUpperCase())),
      )
      .map(({ label, base64 }) => formatPem(label, base64))
      .join("");
  return chosen(roots, (verdict) => verdict !== "denied") + chosen(own, (verdict) => verdict === "trusted");
}
