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
const store = new Map<string, StoredSession[] | "refused">();

/** Adds a ticket for the peer that `key` names; the key holds trust, identity and route, so that none is ever crossed. */
export function keepSession(key: string, session: StoredSession): void {
  const list = store.get(key) ?? [];
  if (list === "refused") return;
  list.push(session);
  if (list.length > ticketsPerPeer) list.shift();
  put(key, list);
}

function put(key: string, entry: StoredSession[] | "refused"): void {
  // Re-inserted, so that the Map's order is the order of use.
  store.delete(key);
  store.set(key, entry);
  const oldest = store.keys().next().value;
  if (store.size > peers && oldest !== undefined) store.delete(oldest);
}

/**
 * A ticket for this peer. A TLS 1.3 ticket should serve once (RFC 8446 appendix C.4), so each is handed out alone while
 * there are others; the last one stays, since a full handshake costs far more than the linkability it would spare.
 */
export function takeSession(key: string): StoredSession | undefined {
  const list = store.get(key);
  if (list === undefined || list === "refused") return undefined;
  return list.length > 1 ? list.shift() : list[0];
}

/**
 * Takes no more tickets from a peer that broke off when one was used. Servers that ask for client certificates and have no
 * name for their sessions do that, though they hand out tickets (SSL_CTX_set_session_id_context; squid's https_port is one).
 */
export function refuseSessions(key: string): void {
  put(key, "refused");
}
