import { X509Certificate } from "node:crypto";
import { codeOf } from "../base/error-code.js";
import { ConnectError } from "../base/errors.js";
import { called, quotePeer } from "./endpoint.js";
import { tlsError } from "./faults.js";
import { adviseTrust, expiredAbove, otherKey, ruleFault, showsRoot } from "./faults-verify.js";
import type { Handshake } from "./handshake.js";
import { inspectors } from "./inspectors.js";

type Name = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A distinguished name as its common name and organisation: what people know an authority by. */
export function issuerName(issuer: string | Name): string {
  const parts = typeof issuer === "string" ? parseName(issuer) : issuer;
  const [cn, o] = [first(parts["CN"]), first(parts["O"])];
  if (cn !== undefined && o !== undefined && !cn.includes(o)) return quotePeer(`${cn} (${o})`);
  return quotePeer(
    cn ??
      o ??
      Object.entries(parts)
        .map(([key, value]) => `${key}=${first(value) ?? ""}`)
        .join(", "),
  );
}

// An X509Certificate gives a line for each attribute; a repeated one keeps its last value, which is the most specific.
function parseName(lines: string): Name {
  return Object.fromEntries(
    lines.split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}

function first(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "string" ? value : value?.[0];
}

/** @param issuer a distinguished name, or the part of it that names the authority */
export function looksLikeInspector(issuer: string): boolean {
  return Object.values(inspectors).some((pattern) => pattern.test(issuer));
}

/** Explains why a chain did not hold, or undefined where the error says nothing of the chain. */
export function chainFault(error: unknown, handshake: Handshake): ConnectError | undefined {
  const { endpoint, peer } = handshake;
  const name = called(endpoint);
  switch (codeOf(error)) {
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "CERT_SIGNATURE_FAILURE":
      return otherKey(error, handshake, untrustedCode(handshake)) ?? untrusted(error, handshake);
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
      return (
        otherKey(error, handshake, untrustedCode(handshake)) ??
        (intermediateIsLeftOut(handshake) ? incomplete(error, handshake) : untrusted(error, handshake))
      );
    case "UNABLE_TO_GET_ISSUER_CERT": {
      const remedy = "add its root certificate to the same CA file: an intermediate alone is not enough";
      return tlsError(
        handshake,
        "TLS_UNTRUSTED_ISSUER",
        `${name} shows a chain whose intermediate is trusted here, but whose root is missing`,
        remedy,
        error,
      );
    }
    case "DEPTH_ZERO_SELF_SIGNED_CERT": {
      const remedy = `if it is the right server, ${adviseTrust(handshake, "that certificate", "its administrators", true)}`;
      return tlsError(
        handshake,
        "TLS_SELF_SIGNED",
        `${name} shows a certificate that it signed itself (${peer === undefined ? "unknown" : issuerName(peer.issuer)})`,
        remedy,
        error,
      );
    }
    case "CERT_HAS_EXPIRED":
      return expired(error, handshake);
    case "CERT_NOT_YET_VALID":
      return notYetValid(error, handshake);
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return nameMismatch(error, handshake);
    case "CERT_REJECTED":
    case "CERT_UNTRUSTED":
    // What OpenSSL finds wrong and Node has no code for.
    case "UNSPECIFIED":
      return ruleFault(error, handshake) ?? untrusted(error, handshake);
    default:
      return ruleFault(error, handshake);
  }
}

function untrustedCode({ endpoint, peer }: Handshake): "TLS_INSPECTED" | "TLS_UNTRUSTED_ISSUER" {
  const inspected = peer !== undefined && endpoint.hop === "target" && looksLikeInspector(peer.issuer);
  return inspected ? "TLS_INSPECTED" : "TLS_UNTRUSTED_ISSUER";
}

function untrusted(error: unknown, handshake: Handshake): ConnectError {
  const { endpoint, peer } = handshake;
  const issuer = peer === undefined ? "an unknown authority" : `"${issuerName(peer.issuer)}"`;
  const add = adviseTrust(handshake, "its root certificate", "the network's administrators", showsRoot(handshake));
  if (untrustedCode(handshake) === "TLS_INSPECTED") {
    const message = `the TLS to ${called(endpoint)} is inspected on the way: its certificate is issued by ${issuer}, which is not trusted here`;
    return tlsError(handshake, "TLS_INSPECTED", message, add, error);
  }
  const code = codeOf(error);
  const reason = code === "UNSPECIFIED" && error instanceof Error ? quotePeer(error.message) : code;
  const message = `${called(endpoint)} shows a certificate issued by ${issuer}, which is not trusted here (${reason})`;
  // A lone leaf: its authority may be a root that is unknown here, or an intermediate that the server forgot.
  const or =
    code === "UNABLE_TO_VERIFY_LEAF_SIGNATURE" ? "; if its root is there, the server leaves out its intermediate" : "";
  return tlsError(handshake, "TLS_UNTRUSTED_ISSUER", message, `${add}${or}`, error);
}

function incomplete(error: unknown, handshake: Handshake): ConnectError {
  const { endpoint, peer } = handshake;
  const issuer = peer === undefined ? "its intermediate" : `"${issuerName(peer.issuer)}"`;
  // Those that do not belong to its chain are not told by Node.
  const message = `${called(endpoint)} does not show the intermediate ${issuer} that its certificate needs: it sends its own alone, or wrong ones`;
  const remedy = `have the server send its whole chain, and nothing else; until then add that intermediate to ${handshake.prefix}_CA_CERTS, beside its root`;
  return tlsError(handshake, "TLS_CHAIN_INCOMPLETE", message, remedy, error);
}

/**
 * A lone leaf says the same of a forgotten intermediate and of an unknown root. A public authority tells where its
 * intermediate is to be had (AIA, RFC 5280 section 4.2.2.1); a private one mostly shares its organisation with the root.
 */
function intermediateIsLeftOut({ peer, configured }: Handshake): boolean {
  if (peer === undefined || looksLikeInspector(peer.issuer)) return false;
  if (peer.infoAccess?.includes("CA Issuers") === true) return true;
  const organisation = /^O=(.+)$/m.exec(peer.issuer)?.[0];
  return organisation !== undefined && configured.certificates.some((pem) => subjectHolds(pem, organisation));
}

// Parses the whole bundle, which only a failure is worth.
function subjectHolds(pem: string, organisation: string): boolean {
  try {
    return new X509Certificate(pem).subject.split("\n").includes(organisation);
  } catch {
    return false;
  }
}

function expired(error: unknown, handshake: Handshake): ConnectError {
  const { endpoint, peer } = handshake;
  const until = peer === undefined ? "" : ` (valid until ${peer.validTo})`;
  const above = peer !== undefined && Date.parse(peer.validTo) > handshake.now;
  const which = above ? expiredAbove(handshake) : undefined;
  const whose = !above
    ? "the certificate of"
    : which === undefined
      ? "a certificate in the chain of"
      : `the authority ${which} in the chain of`;
  const remedy =
    endpoint.hop === "proxy"
      ? "have the proxy's administrators renew it"
      : above
        ? "have the server's administrators send the authority's successor in its chain; if the authority is in a file of yours, replace it there"
        : "have the server's administrators renew it; check this machine's clock first";
  return tlsError(
    handshake,
    "TLS_EXPIRED",
    `${whose} ${called(endpoint)} has expired${above ? "" : until}`,
    remedy,
    error,
  );
}

/** No clock that is right can be before this. */
const written = Date.UTC(2026, 0, 1);

function notYetValid(error: unknown, handshake: Handshake): ConnectError {
  const { endpoint, peer, now } = handshake;
  const today = new Date(now).toISOString().slice(0, 10);
  if (now < written) {
    const message = `this machine's clock says ${today}, which is impossible: the certificate of ${called(endpoint)} seems not yet valid`;
    // The clock is this machine's own, whosever certificate shows it.
    return new ConnectError("CLOCK_SKEW", {
      hop: "local",
      stage: endpoint.hop === "proxy" ? "proxy-tls" : "tls",
      message,
      remedy: "correct the clock",
      cause: error,
    });
  }
  const from = peer === undefined ? "" : ` before ${peer.validFrom}`;
  const message = `the certificate of ${called(endpoint)} is not valid${from}; this machine's clock says ${today}`;
  return tlsError(
    handshake,
    "TLS_NOT_YET_VALID",
    message,
    "check this machine's clock; if it is right, the certificate was issued too early",
    error,
  );
}

function nameMismatch(error: unknown, handshake: Handshake): ConnectError {
  const { endpoint, peer, servername } = handshake;
  const names = (peer?.subjectAltName ?? "").split(", ").filter((name) => name !== "");
  const listed =
    names.length === 0
      ? "no name at all"
      : quotePeer(names.slice(0, 3).join(", ")) + (names.length > 3 ? `, and ${names.length - 3} more` : "");
  const message = `${called(endpoint)} shows a certificate that is not for ${servername} but for ${listed}`;
  const remedy =
    endpoint.hop === "proxy"
      ? "write the proxy's URL with a name that is in its certificate"
      : "check the host name; a captive portal or a filter may also be answering instead of it";
  return tlsError(handshake, "TLS_NAME_MISMATCH", message, remedy, error);
}
