import { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import tls from "node:tls";
import { isConnectError } from "../base/errors.js";
import { formatIp, parseIp } from "../base/ip.js";
import type { Identity } from "../identity/types.js";
import type { Abortable } from "./abortable.js";
import { bounded } from "./bounded.js";
import { issuerName } from "./faults-chain.js";
import { noteRefusedChain } from "./narrowed-trust.js";
import type { Endpoint } from "./endpoint.js";
import { watchFirstAnswer } from "./first-answer.js";
import { lateTlsFault } from "./faults-late.js";
import { contextKey, secureContext } from "./secure-contexts.js";
import { keepShown } from "./shown-certificate.js";
import { shownChain } from "./shown-chain.js";
import { refuseSessions, keepSession, takeSession, type StoredSession } from "./sessions.js";
import { watchSocket } from "./watch.js";
import type { Handshake } from "./handshake.js";
import { openTls } from "./own-sockets.js";
import { slowTls, tlsFault } from "./faults-tls.js";
import type { DialContext } from "./types.js";

export interface TlsRequest {
  readonly endpoint: Endpoint;
  /** For SNI and the name check. */
  readonly servername: string;
  readonly identity: Identity | undefined;
  readonly alpn: readonly string[];
  /** TLS 1.2 at most. */
  readonly limited: boolean;
  readonly groups?: string | undefined;
  /** The hops that lie before this one: a session is resumed over the same way alone. */
  readonly via: string;
  readonly ms: number;
  readonly signal: Abortable | undefined;
  /** Told of the socket before its handshake. */
  readonly begun?: ((socket: tls.TLSSocket) => void) | undefined;
}

const onResumption = new WeakSet<Error>();

/** The handshake failed where a session was to be resumed: without one it may succeed, or tells the true fault. */
export function failedOnResumption(error: unknown): boolean {
  return error instanceof Error && onResumption.has(error);
}

/** Without the identities, out of which the request has the one that may be shown. */
type TlsContext = Pick<DialContext, "policy" | "trust" | "system">;

export interface SecureSocket {
  readonly socket: tls.TLSSocket;
  /** Who issued the peer's certificate, for people. */
  readonly issuer: string | undefined;
  /** Whether the peer has asked for a client certificate by now. */
  readonly asked: () => boolean;
}

/** By which authorities are chosen for whom: as {@link NarrowedTrust} has it. */
export function peerName({ endpoint, servername }: Pick<TlsRequest, "endpoint" | "servername">): string {
  return `${servername}:${endpoint.port}`;
}

/** Speaks TLS over `socket`, which is destroyed if that fails. */
export async function startTls(context: TlsContext, socket: Socket, request: TlsRequest): Promise<SecureSocket> {
  const { endpoint, identity, limited } = request;
  const key = `${contextKey(context.trust, request)} ${request.via} ${request.servername}:${endpoint.port} ${request.alpn.join()}`;
  const session = takeSession(key);
  const handshake: Handshake = {
    endpoint,
    servername: request.servername,
    identity,
    configured: context.trust,
    now: context.system.now(),
    proxied: request.via !== "",
    limited,
    prefix: context.policy.prefix,
    answered: () => false,
    version: null,
    asked: false,
    peer: undefined,
    shown: [],
    issuer: undefined,
  };
  const secure = sayHello(context, socket, request, handshake, session);
  watch(secure, handshake, context, session);
  request.begun?.(secure);
  keepShown(secure, session?.ticket);
  const asked = (): boolean => handshake.asked || askedForCertificate(secure);
  secure.on("session", (ticket: Buffer) => keepSession(key, { ticket, asked: asked(), issuer: handshake.issuer }));
  try {
    await bounded(
      request.ms,
      request.signal,
      () => slowTls(handshake, request.ms),
      () => secured(secure, handshake),
    );
  } catch (error) {
    if (session !== undefined && isConnectError(error) && error.code !== "TLS_TIMEOUT") {
      refuseSessions(key);
      onResumption.add(error);
    }
    noteRefusedChain(error, { peer: peerName(request), trust: context.trust, shown: handshake.shown });
    secure.destroy();
    socket.destroy();
    throw error;
  }
  return { socket: secure, issuer: handshake.issuer, asked };
}

function sayHello(
  context: TlsContext,
  socket: Socket,
  request: TlsRequest,
  handshake: Handshake,
  session: StoredSession | undefined,
): tls.TLSSocket {
  const { servername, alpn } = request;
  return openTls({
    socket,
    secureContext: secureContext(context.trust, request),
    // Said, though it is the default: NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment would change that default.
    rejectUnauthorized: true,
    // RFC 6066 section 3 forbids IP literals in SNI; `host` is then what the certificate is checked for.
    host: servername,
    servername: parseIp(servername) === undefined ? servername : "",
    ALPNProtocols: [...alpn],
    // The certificate passes by here without being asked for a second time.
    checkServerIdentity: (name, certificate) => {
      handshake.issuer = issuerName(certificate.issuer);
      return checkName(name, certificate);
    },
    ...(session === undefined ? {} : { session: session.ticket }),
  });
}

/** Node's own check, but for IPv6 literals: Node 22.23 takes them for names (it looks for "::1."), and refuses every one. */
function checkName(name: string, certificate: tls.PeerCertificate): Error | undefined {
  const error = tls.checkServerIdentity(name, certificate);
  const address = parseIp(name);
  if (error === undefined || address?.family !== 6) return error;
  // In Node's spelling: it throws for brackets and zones, and what is thrown here ends the process.
  return new X509Certificate(certificate.raw).checkIP(formatIp(address)) === undefined ? error : undefined;
}

/** Learns from the handshake what faults are explained from, and explains them. */
function watch(
  secure: tls.TLSSocket,
  handshake: Handshake,
  context: TlsContext,
  session: StoredSession | undefined,
): void {
  // Between the handshake and the caller's own listeners nobody else listens.
  secure.on("error", () => undefined);
  let established = false;
  // Again at the end of each renegotiation: from then on it is the answer to that one which counts.
  secure.on("secureConnect", () => {
    established = true;
    handshake.answered = watchFirstAnswer(secure, context.system);
    const resumed = session !== undefined && secure.isSessionReused();
    handshake.asked = resumed ? session.asked : askedForCertificate(secure);
    if (resumed) handshake.issuer = session.issuer;
  });
  watchSocket(secure, (error) => {
    if (established) {
      handshake.version = secure.getProtocol();
      askedSince(secure, handshake);
      return lateTlsFault(error, handshake);
    }
    // The last moment at which the TLS state can be asked. TLS 1.2 asks for a certificate, and refuses it, in the handshake.
    handshake.asked ||= askedForCertificate(secure);
    handshake.shown = shownChain(secure);
    handshake.peer = peerCertificate(handshake.shown[0]);
    handshake.version = secure.getProtocol();
    return error === undefined ? undefined : tlsFault(error, handshake);
  });
}

/** A server that renegotiates to get a certificate has not answered since, whatever it said before. */
function askedSince(secure: tls.TLSSocket, handshake: Handshake): void {
  if (handshake.asked || !askedForCertificate(secure)) return;
  handshake.asked = true;
  handshake.answered = () => false;
}

function secured(secure: tls.TLSSocket, handshake: Handshake): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(tlsFault(error, handshake));
    const onClose = (): void => reject(tlsFault(undefined, handshake));
    secure.once("error", onError);
    secure.once("close", onClose);
    secure.once("secureConnect", () => {
      secure.removeListener("error", onError);
      secure.removeListener("close", onClose);
      resolve();
    });
  });
}

/**
 * Whether the server sent a CertificateRequest. Node has no call for it, but a client shares signature algorithms with
 * its server only where the server named some, and it does that in a CertificateRequest alone (SSL_get_shared_sigalgs).
 */
export function askedForCertificate(secure: tls.TLSSocket): boolean {
  try {
    return secure.getSharedSigalgs().length > 0;
  } catch {
    // The handle is gone: nothing more can be learnt.
    return false;
  }
}

function peerCertificate(raw: Buffer | undefined): X509Certificate | undefined {
  try {
    return raw === undefined ? undefined : new X509Certificate(raw);
  } catch {
    // It cannot be parsed.
    return undefined;
  }
}
