import type { Socket } from "node:net";
import { namesIt, parseAuthority, type Authority } from "./request-head.js";
import { isAccepted, judgeAuthorization } from "./token.js";

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
const headEnd = "\r\n\r\n";
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
  const end = bytes.indexOf(headEnd, 0, "latin1");
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
  return { target, fields, rest: bytes.subarray(end + headEnd.length) };
}

/** A CONNECT that is in order and shows the token. */
export interface PlainConnect {
  readonly target: Authority;
  /** What the client would like an answer to be in, other than the tunnel. */
  readonly accept: string | undefined;
}

/** Heads that are remembered, and the most bytes of one. */
const mostKnown = 64;
const longestKnown = 1024;

/**
 * Reads and judges the heads of one server's clients. A program sends the same head for the same host again and again, so those that
 * were in order are known by all their bytes. That tells nobody how much of a guessed token is right: a table finds by a seeded
 * hash of the whole.
 */
export class ConnectHeads {
  readonly #limit: number;
  readonly #token: string | undefined;
  readonly #known = new Map<string, PlainConnect>();

  /** @param limit of a head, in bytes */
  constructor(limit: number, token: string | undefined) {
    this.#limit = limit;
    this.#token = token;
  }

  /**
   * Undefined for everything that is wrong or merely unusual. `rest`: what came behind the head.
   * @param isOwn the client is known by its user, and needs no token
   */
  read(
    client: Pick<Socket, "localPort">,
    bytes: Buffer,
    isOwn = false,
  ): { head: PlainConnect; rest: Buffer } | undefined {
    const end = bytes.indexOf(headEnd, 0, "latin1");
    const text = end > 0 && end <= longestKnown ? bytes.toString("latin1", 0, end) : undefined;
    const known = text === undefined ? undefined : this.#known.get(text);
    if (known !== undefined) return { head: known, rest: bytes.subarray(end + headEnd.length) };
    const read = readConnectHead(bytes, this.#limit);
    const target = read && parseAuthority(read.target);
    if (
      read === undefined ||
      target === undefined ||
      !namesIt(read.fields.get("host"), client, target) ||
      !isAccepted(judgeAuthorization(read.fields.get("proxy-authorization"), this.#token), isOwn)
    )
      return undefined;
    const head = { target, accept: read.fields.get("accept") };
    // Without a token it says nothing of the next client that sends the same.
    if (isOwn) return { head, rest: read.rest };
    if (this.#known.size >= mostKnown) this.#known.clear();
    if (text !== undefined) this.#known.set(text, head);
    return { head, rest: read.rest };
  }
}
