import { GrowingBytes } from "../../base/growing-bytes.js";

/** What the first message of a TLS client says of itself (RFC 8446 section 4.1.2; the same since TLS 1.0). */
export interface ClientHello {
  /** The host_name of the server_name extension, as it was sent. */
  readonly servername: string | undefined;
  /** In the client's order. Undefined without the extension. What is not printable ASCII is left out: GREASE, RFC 8701. */
  readonly alpn: readonly string[] | undefined;
}

export type Peeked =
  /** More bytes are needed. */
  | "incomplete"
  /** Whatever it is, it is no TLS: not one byte of it is to be changed. */
  | "other"
  /** It begins as TLS does and is wrong. Nothing is guessed of it. */
  | "malformed"
  | ClientHello;

const handshakeRecord = 22;
const clientHello = 1;
/** RFC 8446 section 5.1. A longer first record is no ClientHello in the clear. */
const longestRecord = 16_384;
/** OpenSSL takes twice as much; the largest that is seen, with a post-quantum key and a ticket, is some 6 KB. */
const longestHello = 65_536;
/** Some clients cut their hello into pieces of a few bytes, to get past filters; a whole one of the usual size may come byte by byte. */
const mostRecords = 4096;
const extensionNumbers = { serverName: 0, alpn: 16 } as const;

/**
 * Reads a ClientHello from the first bytes of a connection, which may come in any pieces, in one TLS record or several. Each byte
 * is looked at once, however small the pieces are.
 */
export class ClientHelloReader {
  readonly #message = new GrowingBytes();
  /** Of the record that is being read, as far as it is there. */
  #header: number[] = [];
  /** Bytes that this record still lacks. */
  #lacking = 0;
  #records = 0;
  #verdict: Peeked = "incomplete";

  /** What is known with `piece`. Once it is more than "incomplete" it stays as it is. Never throws. */
  push(piece: Buffer): Peeked {
    for (let at = 0; this.#verdict === "incomplete" && at < piece.length;) {
      if (this.#lacking === 0) {
        this.#verdict = this.#takeHeader(piece.readUInt8(at++));
      } else {
        const part = piece.subarray(at, at + this.#lacking);
        at += part.length;
        this.#verdict = this.#takeContents(part);
      }
    }
    return this.#verdict;
  }

  /** Told at the first byte that does not fit: a client of another protocol may be waiting for an answer to what it has sent. */
  #takeHeader(octet: number): Peeked {
    const header = this.#header;
    header.push(octet);
    if ((header.length === 1 && octet !== handshakeRecord) || (header.length === 2 && octet !== 3))
      return this.#records === 0 ? "other" : "malformed";
    if (header.length < 5) return "incomplete";
    this.#header = [];
    this.#lacking = (header[3] ?? 0) * 256 + octet;
    // RFC 8446 section 5.1: no empty records of a handshake.
    if (this.#lacking === 0 || this.#lacking > longestRecord || ++this.#records > mostRecords) return "malformed";
    return this.#checkLength();
  }

  #takeContents(part: Buffer): Peeked {
    const before = this.#message.length;
    this.#message.push(part);
    this.#lacking -= part.length;
    const message = this.#message.bytes;
    if (before === 0 && message[0] !== clientHello) return "malformed";
    const checked = this.#checkLength();
    if (checked !== "incomplete" || message.length < 4 || message.length < wholeLength(message)) return checked;
    try {
      return readHello(new Reader(message.subarray(4)));
    } catch (error) {
      if (error instanceof RangeError) return "malformed";
      throw error;
    }
  }

  /** Nothing may follow a ClientHello before it is answered, nor may the record that ends it be longer. */
  #checkLength(): "incomplete" | "malformed" {
    const message = this.#message.bytes;
    if (message.length < 4) return "incomplete";
    const whole = wholeLength(message);
    return whole > longestHello || message.length + this.#lacking > whole ? "malformed" : "incomplete";
  }
}

/** How long the message is with its header. */
function wholeLength(message: Buffer): number {
  return 4 + message.readUIntBE(1, 3);
}

/** Takes parts off a buffer. @throws RangeError where it ends too early */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  number(octets: 1 | 2): number {
    return this.take(octets).readUIntBE(0, octets);
  }

  take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError("the message ends early");
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }

  /** A vector whose length is written before it in so many octets. */
  vector(octets: 1 | 2): Reader {
    return new Reader(this.take(this.number(octets)));
  }

  rest(): Buffer {
    return this.take(this.#bytes.length - this.#at);
  }

  /** What must not go on. */
  end(): void {
    if (!this.done) throw new RangeError("the message goes on");
  }
}

function readHello(hello: Reader): ClientHello {
  // Version and random.
  hello.take(2 + 32);
  // Session id, cipher suites, compression methods.
  hello.vector(1);
  hello.vector(2);
  hello.vector(1);
  if (hello.done) return { servername: undefined, alpn: undefined };
  const extensions = readExtensions(hello.vector(2));
  hello.end();
  const name = extensions.get(extensionNumbers.serverName);
  const alpn = extensions.get(extensionNumbers.alpn);
  return { servername: name && readServerName(name), alpn: alpn && readProtocols(alpn) };
}

function readExtensions(reader: Reader): Map<number, Reader> {
  const found = new Map<number, Reader>();
  while (!reader.done) {
    const number = reader.number(2);
    // RFC 8446 section 4.2. Two server names would be one for us and another for whoever reads the last.
    if (found.has(number)) throw new RangeError("an extension came twice");
    found.set(number, reader.vector(2));
  }
  return found;
}

/** RFC 6066 section 3: one name of the one type that there is. */
function readServerName(extension: Reader): string {
  const list = extension.vector(2);
  extension.end();
  if (list.number(1) !== 0) throw new RangeError("a server name of an unknown type");
  const name = list.vector(2).rest();
  list.end();
  if (name.length === 0 || name.some((octet) => octet <= 0x20 || octet >= 0x7f)) throw new RangeError("no host name");
  return name.toString("latin1");
}

/** RFC 7301 section 3.1. */
function readProtocols(extension: Reader): readonly string[] {
  const list = extension.vector(2);
  extension.end();
  const protocols: string[] = [];
  do {
    const name = list.vector(1).rest();
    if (name.length === 0) throw new RangeError("a protocol without a name");
    if (name.every((octet) => octet > 0x20 && octet < 0x7f)) protocols.push(name.toString("latin1"));
  } while (!list.done);
  return protocols;
}
