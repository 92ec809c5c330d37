/** What is kept to resume a TLS session with one peer. */
export interface StoredSession {
  readonly ticket: Buffer;
  /** The server asked for a client certificate in the full handshake; a resumed one does not say so again. */
  readonly asked: boolean;
  /** Who issued the peer's certificate: a resumed handshake does not show it again. */
  readonly issuer: string | undefined;
}

const peers = 256;
const ticketsPerPeer = 8;
const store = new Map<string, StoredSession[]>();

/** Adds a ticket for the peer that `key` names; the key holds trust, identity and route, so that none is ever crossed. */
export function keepSession(key: string, session: StoredSession): void {
  const list = store.get(key) ?? [];
  list.push(session);
  if (list.length > ticketsPerPeer) list.shift();
  store.delete(key);
  store.set(key, list);
  const oldest = store.keys().next().value;
  if (store.size > peers && oldest !== undefined) store.delete(oldest);
}

/**
 * A ticket for this peer. A TLS 1.3 ticket should serve once (RFC 8446 appendix C.4), so each is handed out alone while
 * there are others; the last one stays, since a full handshake costs far more than the linkability it would spare.
 */
export function takeSession(key: string): StoredSession | undefined {
  const list = store.get(key);
  if (list === undefined) return undefined;
  return list.length > 1 ? list.shift() : list[0];
}

/** Forgets a peer's tickets: after a failed handshake they may be what it choked on. */
export function dropSessions(key: string): void {
  store.delete(key);
}
