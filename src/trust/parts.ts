import { readChildren, readElement, readOctets, readOid, tags, type DerElement } from "../base/der.js";

/** What chains are built by. Names and identifiers are spelled so that equal strings are equal values. */
export interface CertificateParts {
  readonly subject: string;
  readonly issuer: string;
  /** The SubjectPublicKeyInfo. */
  readonly key: string;
  readonly serial: string;
  readonly keyId: string | undefined;
  /** Key and serial number of its issuer, where the certificate itself has them. */
  readonly authorityKeyId: string | undefined;
  readonly authoritySerial: string | undefined;
}

/** Whether OpenSSL would try `issuer` for `certificate` (`X509_check_issued`), which does not look at the signature. */
export function mayHaveIssued(issuer: CertificateParts, certificate: CertificateParts): boolean {
  const { authorityKeyId, authoritySerial } = certificate;
  return (
    issuer.subject === certificate.issuer &&
    (authorityKeyId === undefined || issuer.keyId === undefined || authorityKeyId === issuer.keyId) &&
    (authoritySerial === undefined || authoritySerial === issuer.serial)
  );
}

/** As OpenSSL tells a root: by names and identifiers. */
export const looksSelfSigned = (parts: CertificateParts): boolean => mayHaveIssued(parts, parts);

const subjectKeyIdentifier = "2.5.29.14";
const authorityKeyIdentifier = "2.5.29.35";

/** Undefined where the bytes are no certificate. Reads some ten elements, where parsing the whole would take OpenSSL. */
export function readParts(der: Buffer): CertificateParts | undefined {
  try {
    const body = readChildren(readElement(der))[0];
    if (body === undefined) return undefined;
    const fields = readChildren(body);
    // The version is left out in those of version 1.
    const [serial, , issuer, , subject, key, ...rest] = fields[0]?.tag === 0xa0 ? fields.slice(1) : fields;
    if (serial === undefined || issuer === undefined || subject === undefined || key === undefined) return undefined;
    const extensions = readExtensions(rest.find(({ tag }) => tag === 0xa3));
    const [own, authority] = [extensions.get(subjectKeyIdentifier), extensions.get(authorityKeyIdentifier)];
    // RFC 5280 section 4.2.1.1: the key identifier is the element [0], the serial number [2].
    const ids = authority === undefined ? [] : readChildren(readElement(authority));
    const hex = (wanted: number): string | undefined => ids.find(({ tag }) => tag === wanted)?.contents.toString("hex");
    return {
      subject: canonicalName(subject),
      issuer: canonicalName(issuer),
      key: key.whole.toString("base64"),
      serial: serial.contents.toString("hex"),
      keyId: own && readOctets(readElement(own)).toString("hex"),
      authorityKeyId: hex(0x80),
      authoritySerial: hex(0x82),
    };
  } catch {
    return undefined;
  }
}

function readExtensions(wrapped: DerElement | undefined): Map<string, Buffer> {
  const list = wrapped === undefined ? undefined : readChildren(wrapped)[0];
  return new Map(
    (list === undefined ? [] : readChildren(list)).flatMap((extension) => {
      const [id, ...rest] = readChildren(extension);
      const value = rest.find(({ tag }) => tag === tags.octetString);
      return id === undefined || value === undefined ? [] : [[readOid(id), readOctets(value)] as const];
    }),
  );
}

/**
 * Names are compared as OpenSSL compares them (`x509_name_canon`): whatever the string type, without regard to case and to
 * the amount of white space. One authority may write its own name in other octets than those it signed wrote it in.
 */
function canonicalName(name: DerElement): string {
  const sets = readChildren(name).map((set) =>
    readChildren(set).map((attribute) => {
      const [type, value] = readChildren(attribute);
      return type === undefined || value === undefined ? [] : [readOid(type), canonicalValue(value)];
    }),
  );
  return JSON.stringify(sets);
}

/** BMPString and UniversalString, whose characters have so many octets; the other string types have one or are UTF-8. */
const wide: Readonly<Record<number, 2 | 4>> = { 0x1e: 2, 0x1c: 4 };
const oneOctet: ReadonlySet<number> = new Set([0x13, 0x14, 0x16, 0x1a]);

function canonicalValue({ tag, contents, whole }: DerElement): string {
  const octets = wide[tag];
  const text =
    octets !== undefined
      ? readWide(contents, octets)
      : oneOctet.has(tag)
        ? contents.toString("latin1")
        : tag === 0x0c
          ? contents.toString("utf8")
          : undefined;
  if (text === undefined) return `#${whole.toString("hex")}`;
  return text
    .trim()
    .replaceAll(/[ \t\n\v\f\r]+/g, " ")
    .replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function readWide(contents: Buffer, octets: 2 | 4): string {
  let text = "";
  for (let at = 0; at + octets <= contents.length; at += octets)
    text += String.fromCodePoint(Math.min(contents.readUIntBE(at, octets), 0x10ffff));
  return text;
}
