import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { createSecureContext, DEFAULT_MIN_VERSION, type SecureContext } from "node:tls";
import {
  certificateExtension as extension,
  certificateOids as oids,
  distinguishedName,
  keyIdentifier,
  writeCertificate,
  type CertificateParts,
} from "../../base/certificate-write.js";
import * as der from "../../base/der-write.js";
import { formatPem } from "../../base/pem.js";
import { tooWide } from "../faults.js";
import { parseIp } from "../../base/ip.js";
import type { HostPattern } from "../../policy/types.js";
import { addressOctets, dnsName, nameConstraints } from "./authority-constraints.js";

/** A certificate authority that exists in this process alone, and can vouch for the intercepted hosts alone. */
export interface GatewayAuthority {
  /** PEM. The key is nowhere but in this object's closure. */
  readonly certificate: string;
  /**
   * What a TLS server for this host shows: made at its first use, then shared, so that clients resume their sessions.
   * `host` in canonical spelling, a name or an IP literal. Whether it is one of the intercepted hosts is not asked here: a certificate
   * for any other is worth nothing to whoever checks it.
   */
  contextFor(host: string): SecureContext;
}

export interface AuthorityOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Hosts whose contexts are kept; the one that was not used for longest goes first. Default 256. */
  readonly kept?: number;
}

const hour = 3_600_000;
const day = 24 * hour;
/** The key dies with the process, so this only bounds how long one gateway may run; nobody can use the certificate after it. */
const authorityDays = 366;
const leafDays = 30;

/**
 * Makes a key and a self-signed certificate that is good for the hosts of these patterns and for TLS servers, and for nothing else.
 * @throws {ConnectError} CONFIG_INVALID for no pattern, or one that means every host
 */
export function createAuthority(patterns: readonly HostPattern[], options: AuthorityOptions): GatewayAuthority {
  const { now, kept = 256 } = options;
  const issuer = newIssuer(patterns, now());
  const leaf = newKey();
  const leafKey = leaf.privateKey.export({ type: "pkcs8", format: "pem" });
  const contexts = new Map<string, { readonly context: SecureContext; readonly renewAt: number }>();

  const issueFor = (host: string, time: number): SecureContext => {
    const cert = pem(issuer.issue({ key: leaf, host, from: time - hour, to: time + leafDays * day }));
    // As in dial/: nothing lowers it below TLS 1.2, and whoever raised it keeps that.
    return createSecureContext({
      cert,
      key: leafKey,
      minVersion: DEFAULT_MIN_VERSION === "TLSv1.3" ? "TLSv1.3" : "TLSv1.2",
    });
  };
  const contextFor = (host: string): SecureContext => {
    const time = now();
    const known = contexts.get(host);
    const entry =
      known !== undefined && time < known.renewAt
        ? known
        : { context: issueFor(host, time), renewAt: time + (leafDays / 2) * day };
    // Re-inserted, so that the Map's order is the order of use.
    contexts.delete(host);
    contexts.set(host, entry);
    const oldest = contexts.keys().next().value;
    if (contexts.size > kept && oldest !== undefined) contexts.delete(oldest);
    return entry.context;
  };
  return { certificate: pem(issuer.certificate), contextFor };
}

interface KeyPair {
  readonly privateKey: KeyObject;
  /** SubjectPublicKeyInfo. */
  readonly spki: Buffer;
}

interface LeafRequest {
  readonly key: Pick<KeyPair, "spki">;
  readonly host: string;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
}

export interface Issuer {
  /** DER. */
  readonly certificate: Buffer;
  /** DER. */
  issue(request: LeafRequest): Buffer;
}

/** For {@link createAuthority}, and for the tests that show what a stolen issuer would be worth. */
export function newIssuer(patterns: readonly HostPattern[], time: number): Issuer {
  const constraints = patterns.length === 0 ? undefined : nameConstraints(patterns);
  if (constraints === undefined) throw tooWide();
  const own = newKey();
  const id = keyIdentifier(own.spki);
  // Named for its key: a certificate of an earlier gateway that someone still trusts is not taken for this one.
  const name = distinguished("sallyport", `sallyport gateway ${id.toString("hex", 0, 4)} (in memory)`);
  const end = time + authorityDays * day;
  const signed = (parts: Omit<CertificateParts, "issuer" | "issuerId" | "key">): Buffer =>
    writeCertificate({ ...parts, issuer: name, issuerId: id, key: own.privateKey });
  return {
    certificate: signed({
      subject: name,
      spki: own.spki,
      from: time - hour,
      to: end,
      extensions: [
        extension(oids.basicConstraints, der.sequence(der.yes(), der.integer(Buffer.of(0))), "critical"),
        extension(oids.keyUsage, der.namedBits(keyCertSign), "critical"),
        extension(oids.extendedKeyUsage, der.sequence(der.oid(oids.serverAuth))),
        extension(oids.nameConstraints, constraints, "critical"),
        extension(oids.subjectKeyIdentifier, der.octetString(id)),
      ],
    }),
    issue: ({ key: { spki }, host, from, to }) =>
      signed({
        subject: leafName(host),
        spki,
        from,
        to: Math.min(to, end),
        extensions: [
          extension(oids.basicConstraints, der.sequence(), "critical"),
          extension(oids.keyUsage, der.namedBits(digitalSignature), "critical"),
          extension(oids.extendedKeyUsage, der.sequence(der.oid(oids.serverAuth))),
          extension(oids.subjectAltName, der.sequence(generalName(host))),
          extension(oids.subjectKeyIdentifier, der.octetString(keyIdentifier(spki))),
        ],
      }),
  };
}

/** What goes into the subject is for people: hosts are in the subject alternative name, which is what is checked. */
function leafName(host: string): Buffer {
  return distinguished(
    "intercepted by the sallyport gateway",
    host.length <= 64 && parseIp(host) === undefined ? host : undefined,
  );
}

function newKey(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { privateKey, spki: publicKey.export({ type: "spki", format: "der" }) };
}

// Bits of a key usage, RFC 5280 section 4.2.1.3.
const digitalSignature = 0;
const keyCertSign = 5;

function distinguished(organization: string, commonName: string | undefined): Buffer {
  return distinguishedName(
    [oids.organization, organization],
    ...(commonName === undefined ? [] : [[oids.commonName, commonName] as const]),
  );
}

function generalName(host: string): Buffer {
  const address = parseIp(host);
  return address === undefined ? dnsName(host) : der.element(0x87, addressOctets(address.family, address.value));
}

const pem = (certificate: Buffer): string => formatPem("CERTIFICATE", certificate.toString("base64"));
