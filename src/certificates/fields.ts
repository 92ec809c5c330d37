import { readChildren, readElement, readInteger, readOctets, readOid, tags, type DerElement } from "../base/der.js";
import { formatIp } from "../base/ip.js";

/** What a certificate says of itself beyond its names and dates (RFC 5280 section 4.2). */
export interface Fields {
  /** Of the extension; a certificate of version 1 has none, and counts as no authority. */
  readonly isAuthority: boolean;
  /** How many authorities may stand between it and a server's certificate. */
  readonly pathLength?: number;
  readonly keyUsage: readonly string[];
  /** Undefined: every use is allowed. */
  readonly extendedUsage?: readonly string[];
  /** Subject alternative names: `api.example.com`, `192.0.2.1`, `mail:a@example.com`, `uri:…`. */
  readonly names: readonly string[];
  /** Of its signature: "ECDSA with SHA-256", or the bare object identifier. */
  readonly signature: string;
}

const keyUsages = [
  "digital signature",
  "non-repudiation",
  "key encipherment",
  "data encipherment",
  "key agreement",
  "certificate signing",
  "CRL signing",
  "encipher only",
  "decipher only",
];

const extendedUsages: Readonly<Record<string, string>> = {
  "2.5.29.37.0": "any",
  "1.3.6.1.5.5.7.3.1": "server",
  "1.3.6.1.5.5.7.3.2": "client",
  "1.3.6.1.5.5.7.3.3": "code signing",
  "1.3.6.1.5.5.7.3.4": "e-mail",
  "1.3.6.1.5.5.7.3.8": "time stamping",
  "1.3.6.1.5.5.7.3.9": "OCSP signing",
  "1.3.6.1.5.5.7.3.17": "IPsec",
  "1.3.6.1.4.1.311.20.2.2": "smart card logon",
  "1.3.6.1.5.2.3.5": "Kerberos KDC",
};

const signatures: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.1.4": "RSA with MD5",
  "1.2.840.113549.1.1.5": "RSA with SHA-1",
  "1.2.840.113549.1.1.10": "RSA-PSS",
  "1.2.840.113549.1.1.11": "RSA with SHA-256",
  "1.2.840.113549.1.1.12": "RSA with SHA-384",
  "1.2.840.113549.1.1.13": "RSA with SHA-512",
  "1.2.840.10045.4.1": "ECDSA with SHA-1",
  "1.2.840.10045.4.3.2": "ECDSA with SHA-256",
  "1.2.840.10045.4.3.3": "ECDSA with SHA-384",
  "1.2.840.10045.4.3.4": "ECDSA with SHA-512",
  "1.3.101.112": "Ed25519",
  "1.3.101.113": "Ed448",
};

const extensionIds = { keyUsage: "2.5.29.15", names: "2.5.29.17", constraints: "2.5.29.19", extended: "2.5.29.37" };

/** Reads as far as it can: what is odd in one field leaves that one out. */
export function readFields(certificate: Buffer): Fields {
  const extensions = new Map<string, Buffer>();
  let signature = "unknown";
  tolerantly(() => {
    const [body, algorithm] = readChildren(readElement(certificate));
    const id = algorithm === undefined ? undefined : readChildren(algorithm)[0];
    if (id !== undefined) signature = signatures[readOid(id)] ?? readOid(id);
    const wrapped = body === undefined ? undefined : readChildren(body).find(({ tag }) => tag === 0xa3);
    const list = wrapped === undefined ? undefined : readChildren(wrapped)[0];
    for (const extension of list === undefined ? [] : readChildren(list)) {
      const parts = readChildren(extension);
      const [first, value] = [parts[0], parts.at(-1)];
      if (first !== undefined && value !== undefined) extensions.set(readOid(first), readOctets(value));
    }
  });
  const field = <T>(id: string, read: (value: DerElement) => T): T | undefined => {
    const value = extensions.get(id);
    return value === undefined ? undefined : tolerantly(() => read(readElement(value)));
  };
  const constraints = field(extensionIds.constraints, readChildren) ?? [];
  const isAuthority = constraints[0]?.tag === 0x01 && constraints[0].contents[0] !== 0;
  const length = constraints.find(({ tag }) => tag === tags.integer);
  const pathLength = isAuthority && length !== undefined ? tolerantly(() => readInteger(length)) : undefined;
  const extendedUsage = field(extensionIds.extended, (list) =>
    readChildren(list).map((each) => extendedUsages[readOid(each)] ?? readOid(each)),
  );
  return {
    isAuthority,
    ...(pathLength !== undefined && { pathLength }),
    keyUsage: field(extensionIds.keyUsage, readFlags) ?? [],
    ...(extendedUsage !== undefined && { extendedUsage }),
    names: field(extensionIds.names, (list) => readChildren(list).map(nameOf)) ?? [],
    signature,
  };
}

function readFlags({ contents }: DerElement): string[] {
  const octets = contents.subarray(1);
  return keyUsages.filter((_, bit) => ((octets[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0);
}

/** A GeneralName (RFC 5280 section 4.2.1.6). */
function nameOf({ tag, contents }: DerElement): string {
  const text = contents.toString("latin1");
  switch (tag & 0x1f) {
    case 1:
      return `mail:${text}`;
    case 2:
      return text;
    case 6:
      return `uri:${text}`;
    case 7:
      return addressOf(contents);
    case 0:
      return otherName(contents);
    default:
      return "(a name of another kind)";
  }
}

function addressOf(octets: Buffer): string {
  if (octets.length !== 4 && octets.length !== 16) return "(a malformed address)";
  const value = octets.reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);
  return formatIp({ family: octets.length === 4 ? 4 : 6, value });
}

/** Windows keeps a user's login there. */
function otherName(contents: Buffer): string {
  return (
    tolerantly(() => {
      const id = readElement(contents);
      const wrapped = readElement(contents, id.whole.length);
      const value = readChildren(wrapped)[0];
      return readOid(id) === "1.3.6.1.4.1.311.20.2.3" && value !== undefined
        ? `upn:${value.contents.toString("utf8")}`
        : undefined;
    }) ?? "(a name of another kind)"
  );
}

function tolerantly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
