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

/**
 * Undefined where the bytes are no certificate. Whole bundles are gone through as a program starts, so that only names are
 * read at once, and from a string with a character for each octet: engines are far quicker with these than with buffers.
 */
export function readParts(certificate: Buffer): CertificateParts | undefined {
  const der = certificate.toString("latin1");
  try {
    const [serial, , issuer, , subject, key, ...rest] = fieldsOf(der);
    if (serial === undefined || issuer === undefined || subject === undefined || key === undefined) return undefined;
    return new LazyParts(der, { serial, issuer, subject, key, extensions: rest.find(({ tag }) => tag === 0xa3) });
  } catch {
    return undefined;
  }
}

/** Until when a certificate counts (milliseconds since 1970). Undefined where the bytes are no certificate as RFC 5280 has it. */
export function readEnd(certificate: Buffer): number | undefined {
  const der = certificate.toString("latin1");
  try {
    const whole = childrenOf(der, spanAt(der, 0));
    const [, signature, issuer, validity, subject, key] = fieldsOf(der);
    const isCertificate =
      whole.map(({ tag }) => tag).join() === "48,48,3" &&
      whole.at(-1)?.end === der.length &&
      [signature, issuer, subject, key].every((field) => field?.tag === tags.sequence);
    const until = isCertificate && validity && childrenOf(der, validity)[1];
    return until ? readTime(contentsOf(der, until), until.tag) : undefined;
  } catch {
    return undefined;
  }
}

/** RFC 5280 section 4.1.2.5: UTCTime of the years 1950 to 2049, GeneralizedTime of the others; both in UTC with their seconds. */
function readTime(text: string, tag: number): number | undefined {
  const full = tag === tags.utcTime ? `${text < "50" ? "20" : "19"}${text}` : text;
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full);
  if (parts === null) return undefined;
  const [, year, month, ...rest] = parts.map(Number);
  const time = Date.UTC(year ?? NaN, (month ?? NaN) - 1, ...rest);
  return Number.isNaN(time) ? undefined : time;
}

/** Those of the part that is signed, from the serial number on: the version is left out in those of version 1. */
function fieldsOf(der: string): readonly Span[] {
  const fields = childrenOf(der, spanAt(der, spanAt(der, 0).start));
  return fields[0]?.tag === 0xa0 ? fields.slice(1) : fields;
}

function childrenOf(der: string, { start, end }: Span): readonly Span[] {
  const children: Span[] = [];
  for (let at = start; at < end; at = children.at(-1)?.end ?? end) children.push(spanAt(der, at));
  return children;
}

interface Span {
  readonly tag: number;
  /** Where the contents begin and end. */
  readonly start: number;
  readonly end: number;
}

/** @throws RangeError where no whole element of definite length is there. */
function spanAt(der: string, at: number): Span {
  const tag = der.charCodeAt(at);
  let length = der.charCodeAt(at + 1);
  let start = at + 2;
  if (length >= 0x80) {
    const octets = length - 0x80;
    if (octets === 0 || octets > 4) throw new RangeError("not a length of DER");
    length = 0;
    for (const end = start + octets; start < end; start++) length = length * 256 + der.charCodeAt(start);
  }
  const end = start + length;
  // Not a number where it was read beyond the end.
  if (!(end <= der.length)) throw new RangeError("the data ends early");
  return { tag, start, end };
}

const contentsOf = (der: string, { start, end }: Span): string => der.slice(start, end);

interface Fields {
  readonly serial: Span;
  readonly issuer: Span;
  readonly subject: Span;
  readonly key: Span;
  readonly extensions: Span | undefined;
}

class LazyParts implements CertificateParts {
  readonly subject: string;
  readonly issuer: string;
  readonly key: string;
  readonly serial: string;
  readonly #extensions: string;
  #identifiers: Identifiers | undefined;

  constructor(der: string, { serial, issuer, subject, key, extensions }: Fields) {
    this.subject = canonicalName(der, subject);
    this.issuer = contentsOf(der, issuer) === contentsOf(der, subject) ? this.subject : canonicalName(der, issuer);
    this.key = contentsOf(der, key);
    this.serial = contentsOf(der, serial);
    this.#extensions = extensions === undefined ? "" : contentsOf(der, extensions);
  }

  get keyId(): string | undefined {
    return this.#read().keyId;
  }

  get authorityKeyId(): string | undefined {
    return this.#read().authorityKeyId;
  }

  get authoritySerial(): string | undefined {
    return this.#read().authoritySerial;
  }

  #read(): Identifiers {
    return (this.#identifiers ??= readIdentifiers(Buffer.from(this.#extensions, "latin1")));
  }
}

type Identifiers = Pick<CertificateParts, "keyId" | "authorityKeyId" | "authoritySerial">;
const none: Identifiers = { keyId: undefined, authorityKeyId: undefined, authoritySerial: undefined };

function readIdentifiers(list: Buffer): Identifiers {
  if (list.length === 0) return none;
  try {
    const extensions = readExtensions(readElement(list));
    const [own, authority] = [extensions.get(subjectKeyIdentifier), extensions.get(authorityKeyIdentifier)];
    // RFC 5280 section 4.2.1.1: the key identifier is the element [0], the serial number [2].
    const ids = authority === undefined ? [] : readChildren(readElement(authority));
    const hex = (wanted: number): string | undefined => ids.find(({ tag }) => tag === wanted)?.contents.toString("hex");
    return {
      keyId: own && readOctets(readElement(own)).toString("hex"),
      authorityKeyId: hex(0x80),
      authoritySerial: hex(0x82),
    };
  } catch {
    // OpenSSL takes no such certificate into a chain.
    return none;
  }
}

function readExtensions(list: DerElement): Map<string, Buffer> {
  return new Map(
    readChildren(list).flatMap((extension) => {
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
function canonicalName(der: string, name: Span): string {
  let text = "";
  for (let at = name.start; at < name.end;) {
    const set = spanAt(der, at);
    text += "/";
    for (let inner = set.start; inner < set.end;) {
      const attribute = spanAt(der, inner);
      const type = spanAt(der, attribute.start);
      const value = canonicalValue(der, spanAt(der, type.end));
      text += `${contentsOf(der, type)}:${value.length}:${value}`;
      inner = attribute.end;
    }
    at = set.end;
  }
  return text;
}

// The string types of X.680 that OpenSSL folds into one.
const utf8 = 0x0c;
const oneOctet: ReadonlySet<number> = new Set([0x13, 0x14, 0x16, 0x1a]);
/** BMPString and UniversalString, whose characters have so many octets. */
const wide: Readonly<Record<number, 2 | 4>> = { 0x1e: 2, 0x1c: 4 };

function canonicalValue(der: string, span: Span): string {
  const { tag } = span;
  const octets = wide[tag];
  const raw = contentsOf(der, span);
  if (octets === undefined && tag !== utf8 && !oneOctet.has(tag)) return `#${tag}:${raw}`;
  const text =
    octets !== undefined
      ? readWide(Buffer.from(raw, "latin1"), octets)
      : tag === utf8 && /[^\0-\x7f]/.test(raw)
        ? Buffer.from(raw, "latin1").toString()
        : raw;
  const folded = /[^\0-\x7f]/.test(text)
    ? text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
    : text.toLowerCase();
  return /^ | {2}|[\t-\r]| $/.test(folded)
    ? folded
        .split(/[ \t-\r]+/)
        .filter((word) => word !== "")
        .join(" ")
    : folded;
}

function readWide(contents: Buffer, octets: 2 | 4): string {
  let text = "";
  for (let at = 0; at + octets <= contents.length; at += octets)
    text += String.fromCodePoint(Math.min(contents.readUIntBE(at, octets), 0x10ffff));
  return text;
}
