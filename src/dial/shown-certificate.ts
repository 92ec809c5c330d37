import { X509Certificate } from "node:crypto";
import type { DetailedPeerCertificate, PeerCertificate, TLSSocket } from "node:tls";

/** By the ticket that came with it, for as long as somebody keeps that. */
const shown = new WeakMap<Buffer, DetailedPeerCertificate>();

/**
 * Has a resumed session tell the certificate that its peer has shown in the full handshake: a resumed one shows none, and who checks a pin would
 * find it empty. To be called before the handshake.
 * @param ticket of the session that may be resumed
 */
export function keepShown(secure: TLSSocket, ticket: Buffer | undefined): void {
  const known = ticket && shown.get(ticket);
  if (known !== undefined) {
    secure.prependOnceListener("secureConnect", () => {
      if (secure.isSessionReused()) showAgain(secure, known);
    });
  }
  secure.prependListener("session", (next: Buffer) => {
    const certificate = secure.getPeerCertificate(true);
    if (isShown(certificate)) shown.set(next, certificate);
  });
}

function isShown(certificate: Partial<DetailedPeerCertificate> | null): certificate is DetailedPeerCertificate {
  return certificate?.raw !== undefined;
}

function showAgain(secure: TLSSocket, known: DetailedPeerCertificate): void {
  // Node's own answers with nothing here, and with null when the connection is gone.
  const { issuerCertificate: _, ...first } = known;
  const getPeerCertificate = (detailed = false): PeerCertificate => {
    if (secure.destroyed) return null as unknown as PeerCertificate;
    return detailed ? known : first;
  };
  const getPeerX509Certificate = (): X509Certificate | undefined =>
    secure.destroyed ? undefined : new X509Certificate(known.raw);
  for (const [name, value] of Object.entries({ getPeerCertificate, getPeerX509Certificate }))
    Object.defineProperty(secure, name, { value, writable: true, configurable: true });
}
