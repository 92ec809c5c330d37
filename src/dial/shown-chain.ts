import type { DetailedPeerCertificate, TLSSocket } from "node:tls";
import { watchSocket } from "./watch.js";

/**
 * What the peer showed: its own certificate, and those after it that are linked to it by name.
 *
 * Not `getPeerX509Certificate`: on a client that takes the certificate out of the chain, so that later checks find none.
 */
export function shownChain(secure: TLSSocket): Buffer[] {
  const chain = new Set<Partial<DetailedPeerCertificate>>();
  try {
    // The last one is its own issuer.
    for (let one: Partial<DetailedPeerCertificate> | undefined = secure.getPeerCertificate(true); one?.raw;) {
      if (chain.has(one)) break;
      chain.add(one);
      one = one.issuerCertificate;
    }
  } catch {
    // The handle is gone: what is known by now has to do.
  }
  return [...chain].flatMap(({ raw }) => raw ?? []);
}

/**
 * Tells what the peer shows, whether that is accepted or not. To be called before the handshake, as `onSecure` is.
 * @param told given the DER of each, the peer's own first; called again where more is known by then
 */
export function tellShown(secure: TLSSocket, told: (chain: readonly Buffer[]) => void): void {
  const tell = (): undefined => {
    const chain = shownChain(secure);
    if (chain.length > 0) told(chain);
    return undefined;
  };
  secure.prependOnceListener("secureConnect", tell);
  // What is refused is gone once the socket is closed.
  watchSocket(secure, tell);
}
