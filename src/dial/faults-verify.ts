import { X509Certificate } from "node:crypto";
import { codeOf } from "../base/error-code.js";
import type { FaultCode } from "../base/codes.js";
import type { ConnectError } from "../base/errors.js";
import { commonName, isSelfSigned } from "../base/certificate.js";
import { authority, called, quotePeer } from "./endpoint.js";
import { tlsError } from "./faults.js";
import type { Handshake } from "./handshake.js";

interface Verdict {
  readonly code: FaultCode;
  /** After "…'s certificate does not hold:". */
  readonly why: string;
}

/**
 * What OpenSSL finds wrong with a chain that no root added here would mend (X509_verify_cert_error_string): the first that fits the
 * code or the message, since Node says `UNSPECIFIED` for most of them.
 */
const rules: readonly (readonly [RegExp, Verdict])[] = [
  [
    /digest algorithm too weak|MD_TOO_WEAK/i,
    { code: "TLS_WEAK", why: "it, or one above it, is signed with SHA-1 or MD5" },
  ],
  [/CA certificate key too weak|CA_KEY_TOO_SMALL/i, { code: "TLS_WEAK", why: "the key of its authority is too short" }],
  [/EE certificate key too weak|EE_KEY_TOO_SMALL/i, { code: "TLS_WEAK", why: "its key is too short" }],
  [
    /subtree violation|name constraint/i,
    { code: "TLS_UNTRUSTED_ISSUER", why: "an authority above it is limited to other names than this one" },
  ],
  [/unhandled critical/i, { code: "TLS_UNTRUSTED_ISSUER", why: "it has a critical extension that is not known here" }],
  [
    /does not include certificate signing|KEYUSAGE_NO_CERTSIGN/i,
    { code: "TLS_UNTRUSTED_ISSUER", why: "what issued it may not sign certificates (its key usage)" },
  ],
  [/PATH_LENGTH_EXCEEDED/, { code: "TLS_UNTRUSTED_ISSUER", why: "an authority above it may have no others below it" }],
  [/INVALID_CA/, { code: "TLS_UNTRUSTED_ISSUER", why: "its issuer is not an authority" }],
  [/CERT_CHAIN_TOO_LONG/, { code: "TLS_UNTRUSTED_ISSUER", why: "its chain is too long" }],
  [/CERT_REVOKED/, { code: "TLS_UNTRUSTED_ISSUER", why: "it was revoked" }],
];

/** The chain breaks a rule: it must be issued again, and nothing that is trusted here changes that. */
export function ruleFault(error: unknown, handshake: Handshake): ConnectError | undefined {
  const verdict = verdictOf(error, handshake);
  if (verdict === undefined) return undefined;
  const { endpoint, peer } = handshake;
  const issuer = peer === undefined ? "" : `, issued by "${quotePeer(commonName(peer.issuer))}",`;
  const said = error instanceof Error && error.message !== "" ? quotePeer(error.message, 80) : codeOf(error);
  const owner = endpoint.hop === "proxy" ? "the proxy's" : "the server's";
  return tlsError(
    handshake,
    verdict.code,
    `the certificate of ${called(endpoint)}${issuer} does not hold: ${verdict.why} (${said})`,
    `have ${owner} administrators get it issued again; no root certificate that is added here changes this`,
    error,
  );
}

function verdictOf(error: unknown, { peer }: Handshake): Verdict | undefined {
  const code = codeOf(error);
  if (code === "INVALID_PURPOSE") {
    const why = isForServers(peer)
      ? "its issuer is not an authority for servers"
      : "it is not for servers (its extended key usage)";
    return { code: "TLS_UNTRUSTED_ISSUER", why };
  }
  const said = `${code} ${code === "UNSPECIFIED" && error instanceof Error ? error.message : ""}`;
  return rules.find(([pattern]) => pattern.test(said))?.[1];
}

const serverAuth = "1.3.6.1.5.5.7.3.1";
const anyUsage = "2.5.29.37.0";

function isForServers(peer: X509Certificate | undefined): boolean {
  // Node calls the extended key usage so. Without it, every use is allowed.
  const usages: readonly string[] | undefined = peer?.keyUsage;
  return usages === undefined || usages.includes(serverAuth) || usages.includes(anyUsage);
}

/**
 * An authority of the same name is trusted, and its key is another one: the root was renewed (inspectors make themselves a new one), or
 * somebody calls himself so.
 */
export function otherKey(error: unknown, handshake: Handshake, code: FaultCode): ConnectError | undefined {
  const top = parse(handshake.shown.at(-1));
  if (top === undefined) return undefined;
  const known = trustedAs(top.issuer, handshake);
  if (known.length === 0 || known.some((root) => top.verify(root.publicKey))) return undefined;
  const { endpoint, configured } = handshake;
  const name = quotePeer(commonName(top.issuer));
  const files = configured.sources.map((source) => source.name).filter((source) => !builtIn.has(source));
  const where = files.length === 0 ? "" : ` (looked for in ${quotePeer(files.join(", "), 200)})`;
  return tlsError(
    handshake,
    code,
    `the chain of ${called(endpoint)} ends at "${name}", and the authority of that name which is trusted here has another key`,
    `if "${name}" was renewed, put its new certificate in the place of the old one${where}: ${adviseTrust(handshake, "it", "its administrators", false)}`,
    error,
  );
}

const builtIn: ReadonlySet<string> = new Set(["bundled", "system"]);

/**
 * How to trust an authority: by the command, which wants its fingerprint, and by the variables. What a proxy shows is not what its targets show, so
 * that there the file alone helps.
 *
 * @param whom who tells the right one
 * @param isShown it is among what the peer has sent
 */
export function adviseTrust({ endpoint, prefix }: Handshake, what: string, whom: string, isShown: boolean): string {
  const variables = `NODE_EXTRA_CA_CERTS or ${prefix}_CA_CERTS`;
  // The command's place is read for every prefix; who has made a tool of his own speaks of that one alone.
  if (prefix !== "SALLYPORT") return `add ${what} (ask ${whom} for it) to ${variables}`;
  return isShown && endpoint.hop === "target"
    ? `ask ${whom} for the fingerprint of ${what}, and run: sallyport trust add ${authority(endpoint)} (or add its file to ${variables})`
    : `get ${what} from ${whom}, and run: sallyport trust add FILE (or add it to ${variables})`;
}

/** Whether the chain that was sent ends with a certificate that signed itself. */
export function showsRoot({ shown }: Handshake): boolean {
  const top = shown.length > 1 ? parse(shown.at(-1)) : undefined;
  return top !== undefined && isSelfSigned(top);
}

/** Parses the whole bundle, which only a failure is worth. */
function trustedAs(subject: string, { configured }: Handshake): X509Certificate[] {
  return configured.certificates.flatMap((pem) => {
    const one = parse(pem);
    return one !== undefined && one.subject === subject ? [one] : [];
  });
}

/** Of a chain in which something has expired: what it is, where it is not the peer's own certificate. */
export function expiredAbove({ shown, configured, now, ...rest }: Handshake): string | undefined {
  const chain = shown.flatMap((raw) => parse(raw) ?? []);
  const roots = chain.length === 0 ? [] : trustedAs(chain.at(-1)?.issuer ?? "", { shown, configured, now, ...rest });
  const over = [...chain.slice(1), ...roots].find(({ validTo }) => Date.parse(validTo) < now);
  return over && `"${quotePeer(commonName(over.subject))}" (valid until ${over.validTo})`;
}

function parse(certificate: Buffer | string | undefined): X509Certificate | undefined {
  try {
    return certificate === undefined ? undefined : new X509Certificate(certificate);
  } catch {
    // OpenSSL takes what it can use, and so do we.
    return undefined;
  }
}
