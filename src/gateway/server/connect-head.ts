/** The head of a CONNECT that nothing is wrong with, as far as it is looked at. */
export interface ConnectHead {
  /** What stands behind CONNECT. */
  readonly target: string;
  /** Field values by lower-case names; each name comes once. */
  readonly fields: ReadonlyMap<string, string>;
  /** What came behind the head: the first bytes of the tunnel. */
  readonly rest: Buffer;
}

const begin = "CONNECT ";
const requestLine = /^CONNECT ([\x21-\x7e]{3,300}) HTTP\/1\.1$/;
/** RFC 9110 section 5.1. */
const fieldName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110 section 5.5, without the bytes beyond ASCII. */
const fieldValue = /^[\t\x20-\x7e]*$/;
/** They say something of a body, or of the connection, that is for a whole parser to judge. */
const notPlain = new Set(["content-length", "transfer-encoding", "trailer", "expect", "upgrade", "te"]);

/**
 * Reads a CONNECT whose head came in one piece and is as plain as programs send it. To hand a connection to node:http and take it back
 * costs as much as all else that is done for a new tunnel. Undefined for everything else, wrong or merely unusual, which is left to node:http:
 * whatever is taken here, node:http would read in the same way (RFC 9112 sections 2, 3 and 5).
 * @param limit of the head, in bytes
 */
export function readConnectHead(bytes: Buffer, limit: number): ConnectHead | undefined {
  if (bytes.toString("latin1", 0, begin.length) !== begin) return undefined;
  const end = bytes.indexOf("\r\n\r\n", 0, "latin1");
  if (end === -1 || end > limit) return undefined;
  const [first = "", ...lines] = bytes.toString("latin1", 0, end).split("\r\n");
  const target = requestLine.exec(first)?.[1];
  if (target === undefined) return undefined;
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const [name, value] = [line.slice(0, colon).toLowerCase(), line.slice(colon + 1)];
    if (colon < 1 || !fieldName.test(name) || !fieldValue.test(value) || notPlain.has(name) || fields.has(name))
      return undefined;
    fields.set(name, value.trim());
  }
  return { target, fields, rest: bytes.subarray(end + 4) };
}
