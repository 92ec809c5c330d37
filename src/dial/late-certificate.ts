import tls from "node:tls";
import type { Identities, Identity } from "../identity/types.js";

/*
 * Servers that ask for the client certificate when they have read the request (Apache's SSLVerifyClient in a <Location>, IIS). Up to
 * TLS 1.2 that is a renegotiation, which OpenSSL's clients take part in. TLS 1.3 has post-handshake authentication in its place
 * (RFC 8446 section 4.6.2), for which a client must have offered itself, and Node's cannot: such a server answers 403. Nor is there
 * either of them in HTTP/2 (RFC 9113 section 9.2.3, RFC 8740). So those servers are spoken to by HTTP/1.1 over TLS 1.2.
 */

/** How a server answers that could not ask. Most often it means something else, so that it is tried and not believed. */
export const cannotAskStatus = 403;
/** Apache's own words in the page of its 403. */
const says = /post-handshake authentication/i;

/** Paths of one origin that are suspected, or were in vain: any more are not tried. */
const paths = 16;
const pathLength = 256;
const remembered = 256;
/** Milliseconds after which a path that was tried in vain may be tried again: another way to the server may have come up. */
const forgotten = 600_000;

/** What is known of one origin, for one identity. */
export class LateOrigin {
  #asks = false;
  #refuses = false;
  readonly #suspected = new Set<string>();
  /** Until when, by the clock of `now`. */
  readonly #vain = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** New connections speak TLS 1.2 at most, and HTTP/1.1. */
  get limited(): boolean {
    return !this.#refuses && (this.#asks || this.#suspected.size > 0);
  }

  /** It does not speak TLS 1.2: there is nothing that could be done. */
  refuse(): void {
    this.#refuses = true;
  }

  /** Whether another try over TLS 1.2 is worth it. Where it is, the next connections are limited. */
  suspect(path: string): boolean {
    const name = nameOf(path);
    for (const [known, until] of this.#vain) if (until <= this.#now()) this.#vain.delete(known);
    if (this.#refuses || this.#vain.has(name)) return false;
    if (!this.#suspected.has(name) && this.#suspected.size + this.#vain.size >= paths) return false;
    this.#suspected.add(name);
    return true;
  }

  /** What came of it. */
  tried(path: string, asked: boolean): void {
    if (asked) this.#asks = true;
    else if (this.#suspected.delete(nameOf(path))) this.#vain.set(nameOf(path), this.#now() + forgotten);
  }
}

/** Where a certificate is wanted depends on the path, and not on the query. */
function nameOf(path: string): string {
  return path.replace(/[?#].*$/s, "").slice(0, pathLength);
}

const memories = new WeakMap<Identities, Map<string, LateOrigin>>();

/** New settings, and so new certificates, begin with an empty memory. */
export function lateOrigin(identities: Identities, identity: Identity, name: string, now: () => number): LateOrigin {
  let memory = memories.get(identities);
  if (memory === undefined) memories.set(identities, (memory = new Map()));
  const key = keyOf(identity, name);
  const known = memory.get(key) ?? new LateOrigin(now);
  // Re-inserted, so that the Map's order is the order of use.
  memory.delete(key);
  memory.set(key, known);
  const oldest = memory.keys().next().value;
  if (memory.size > remembered && oldest !== undefined) memory.delete(oldest);
  return known;
}

export function isLimited(identities: Identities, identity: Identity, name: string): boolean {
  return memories.get(identities)?.get(keyOf(identity, name))?.limited === true;
}

function keyOf({ id }: Identity, name: string): string {
  return `${id} ${name}`;
}

/** Whoever demands TLS 1.3 of Node gets nothing less. */
export function mayLimit(): boolean {
  return tls.DEFAULT_MIN_VERSION !== "TLSv1.3";
}

/** Watches the answers on one connection for whether its server would have asked for the certificate. */
export class LateCertificate {
  readonly #origin: LateOrigin;
  readonly #secure: tls.TLSSocket;
  readonly #asked: () => boolean;
  readonly #limited: boolean;

  /** @param limited the connection was to speak TLS 1.2 at most */
  constructor(origin: LateOrigin, secure: tls.TLSSocket, asked: () => boolean, limited: boolean) {
    this.#origin = origin;
    this.#secure = secure;
    this.#asked = asked;
    this.#limited = limited;
  }

  /** Connections that are made now speak TLS 1.2, where this one does not: it is not to be used again. */
  get outdated(): boolean {
    return !this.#limited && this.#origin.limited;
  }

  /**
   * To be told of each answer. True: the server may have wanted the certificate, and the same request may be answered otherwise
   * on a new connection that speaks TLS 1.2 (`maxVersion`).
   */
  answered(status: number, path: string): boolean {
    if (this.#limited) {
      this.#origin.tried(path, this.#asked());
      return false;
    }
    return (
      status === cannotAskStatus && mayLimit() && cannotAsk(this.#secure, this.#asked()) && this.#origin.suspect(path)
    );
  }
}

/** Whether a server that wants a certificate after the handshake cannot ask for it here. HTTP/2 has HTTP_1_1_REQUIRED to say so. */
export function cannotAsk(secure: tls.TLSSocket, asked: boolean): boolean {
  return !asked && secure.alpnProtocol !== "h2" && secure.getProtocol() === "TLSv1.3";
}

/** Whether the page of such an answer says that this is what it is about. */
export function saysSo(page: string): boolean {
  return says.test(page);
}
