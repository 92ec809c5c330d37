import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  randomBytes,
  sign,
  type KeyObject,
} from "node:crypto";
import { isIP } from "node:net";
import { promisify } from "node:util";
import * as der from "./der.js";

export interface AuthorityOptions {
  /** Common name of the authority. */
  readonly name: string;
  readonly organization?: string;
  /** Signs it; without an issuer it is a self-signed root. */
  readonly issuer?: Authority;
  /** Default two years ago, so that expired leaves still fall into their authority's time. */
  readonly notBefore?: Date;
  /** Default in ten years. */
  readonly notAfter?: Date;
}

/** A certificate authority with an EC P-256 key. */
export interface Authority {
  /** Common name. */
  readonly name: string;
  readonly organization: string | undefined;
  /** PEM. */
  readonly cert: string;
  /** PKCS#8 PEM, not encrypted. */
  readonly key: string;
  /** PEM of this authority and of its issuers, without the root: what a server sends after its leaf. Empty for a root. */
  readonly chain: string;
  /** @throws RangeError when a host is neither a DNS name in ASCII nor an IP address. */
  issue(options: IssueOptions): Promise<Issued>;
}

export interface IssueOptions {
  readonly commonName: string;
  readonly organization?: string;
  /** DNS names (`*.` allowed) and IP addresses, for the subject alternative name. */
  readonly hosts?: readonly string[];
  /** Extended key usage; "none" leaves the extension out, which allows every use. */
  readonly usage: "server" | "client" | "none";
  /** Default an hour ago. */
  readonly notBefore?: Date;
  /** Default in a year. */
  readonly notAfter?: Date;
  /** P-256 (default) or RSA with 2048 bits. */
  readonly publicKeyAlgorithm?: "ec" | "rsa";
  /** The certificate signs itself; this authority lends only its defaults. */
  readonly selfSigned?: boolean;
}

export interface Issued {
  /** The leaf, PEM. */
  readonly cert: string;
  /** The leaf and the intermediates, PEM. */
  readonly chain: string;
  /** PKCS#8 PEM, not encrypted. */
  readonly key: string;
}

const HOUR = 3_600_000;
/** In milliseconds. */
export const DAY = 24 * HOUR;
const YEAR = 365 * DAY;
const generate = promisify(generateKeyPair);

/** Makes a root, or with `issuer` an intermediate authority. */
export async function createAuthority(options: AuthorityOptions): Promise<Authority> {
  const { privateKey, publicKey } = await generate("ec", { namedCurve: "P-256" });
  const now = Date.now();
  const cert = certificate({
    subject: name(options.name, options.organization),
    publicKey,
    signer:
      options.issuer === undefined
        ? { name: name(options.name, options.organization), key: privateKey }
        : signerOf(options.issuer),
    notBefore: options.notBefore ?? new Date(now - 2 * YEAR),
    notAfter: options.notAfter ?? new Date(now + 10 * YEAR),
    extensions: [
      extension(OID.basicConstraints, der.sequence(der.yes()), "critical"),
      extension(OID.keyUsage, der.namedBits(KEY_USAGE.keyCertSign, KEY_USAGE.cRLSign), "critical"),
    ],
  });
  const authority: Authority = {
    name: options.name,
    organization: options.organization,
    cert,
    key: pkcs8(privateKey),
    chain: options.issuer === undefined ? "" : cert + options.issuer.chain,
    issue: (request) => issue(authority, request),
  };
  return authority;
}

/** The key as PKCS#8, encrypted with AES-256-CBC and PBKDF2. */
export function encryptKey(keyPem: string, passphrase: string): string {
  return createPrivateKey(keyPem)
    .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase })
    .toString();
}

interface Signer {
  readonly name: Buffer;
  readonly key: KeyObject;
}

function signerOf(authority: Authority): Signer {
  return { name: name(authority.name, authority.organization), key: createPrivateKey(authority.key) };
}

async function issue(authority: Authority, options: IssueOptions): Promise<Issued> {
  const { privateKey, publicKey } =
    options.publicKeyAlgorithm === "rsa"
      ? await generate("rsa", { modulusLength: 2048 })
      : await generate("ec", { namedCurve: "P-256" });
  const subject = name(options.commonName, options.organization);
  const now = Date.now();
  const hosts = options.hosts ?? [];
  const usages = { server: OID.serverAuth, client: OID.clientAuth, none: undefined };
  const usage = usages[options.usage];
  const cert = certificate({
    subject,
    publicKey,
    signer: options.selfSigned === true ? { name: subject, key: privateKey } : signerOf(authority),
    notBefore: options.notBefore ?? new Date(now - HOUR),
    notAfter: options.notAfter ?? new Date(now + YEAR),
    extensions: [
      extension(OID.basicConstraints, der.sequence(), "critical"),
      // RSA keys also carry the session key of TLS 1.2's plain RSA exchange; EC keys cannot.
      extension(
        OID.keyUsage,
        options.publicKeyAlgorithm === "rsa"
          ? der.namedBits(KEY_USAGE.digitalSignature, KEY_USAGE.keyEncipherment)
          : der.namedBits(KEY_USAGE.digitalSignature),
        "critical",
      ),
      ...(usage === undefined ? [] : [extension(OID.extendedKeyUsage, der.sequence(der.oid(usage)))]),
      ...(hosts.length === 0 ? [] : [extension(OID.subjectAltName, der.sequence(...hosts.map(generalName)))]),
    ],
  });
  return { cert, chain: options.selfSigned === true ? cert : cert + authority.chain, key: pkcs8(privateKey) };
}

const OID = {
  commonName: "2.5.4.3",
  organization: "2.5.4.10",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  rsaWithSha256: "1.2.840.113549.1.1.11",
} as const;

/** Bits of the key usage extension, RFC 5280 section 4.2.1.3. */
const KEY_USAGE = { digitalSignature: 0, keyEncipherment: 2, keyCertSign: 5, cRLSign: 6 } as const;

interface CertificateParts {
  readonly subject: Buffer;
  readonly publicKey: KeyObject;
  readonly signer: Signer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly extensions: readonly Buffer[];
}

/** A signed X.509 v3 certificate (RFC 5280 section 4.1) as PEM. */
function certificate(parts: CertificateParts): string {
  const algorithm =
    parts.signer.key.asymmetricKeyType === "rsa"
      ? der.sequence(der.oid(OID.rsaWithSha256), der.nothing())
      : der.sequence(der.oid(OID.ecdsaWithSha256));
  const spki = parts.publicKey.export({ type: "spki", format: "der" });
  const body = der.sequence(
    der.explicit(0, der.integer(Buffer.of(2))),
    der.integer(randomBytes(16)),
    algorithm,
    parts.signer.name,
    der.sequence(der.time(parts.notBefore), der.time(parts.notAfter)),
    parts.subject,
    spki,
    der.explicit(
      3,
      der.sequence(
        ...parts.extensions,
        extension(OID.subjectKeyIdentifier, der.octetString(keyIdentifier(spki))),
        extension(OID.authorityKeyIdentifier, der.sequence(der.implicit(0, keyIdentifier(spkiOf(parts.signer.key))))),
      ),
    ),
  );
  return pem("CERTIFICATE", der.sequence(body, algorithm, der.bitString(sign("sha256", body, parts.signer.key))));
}

function extension(id: string, value: Uint8Array, critical?: "critical"): Buffer {
  return der.sequence(der.oid(id), ...(critical === undefined ? [] : [der.yes()]), der.octetString(value));
}

/** RFC 7093 section 2, method 4, cut to the 160 bits that tools show. */
function keyIdentifier(spki: Uint8Array): Buffer {
  return createHash("sha256").update(spki).digest().subarray(0, 20);
}

function spkiOf(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ type: "spki", format: "der" });
}

function name(commonName: string, organization?: string): Buffer {
  const part = (id: string, text: string) => der.set(der.sequence(der.oid(id), der.utf8String(text)));
  return der.sequence(
    ...(organization === undefined ? [] : [part(OID.organization, organization)]),
    part(OID.commonName, commonName),
  );
}

function generalName(host: string): Buffer {
  if (isIP(host) !== 0) return der.implicit(7, addressBytes(host));
  if (!/^[\w*.-]+$/.test(host)) throw new RangeError(`${JSON.stringify(host)} is neither a DNS name nor an IP address`);
  return der.implicit(2, Buffer.from(host, "latin1"));
}

/** Four or sixteen bytes in network order. */
export function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  // The URL parser writes an embedded IPv4 address as two hexadecimal groups, so that groups and `::` are all that is left.
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16)));
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const middle = Array.from({ length: 8 - front.length - back.length }, () => 0);
  return Buffer.from([...front, ...middle, ...back].flatMap((group) => [group >> 8, group & 0xff]));
}

function pkcs8(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
