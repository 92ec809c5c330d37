import { X509Certificate } from "node:crypto";
import type { DetailedPeerCertificate, TLSSocket } from "node:tls";
import { isSignedBy } from "../base/certificate.js";
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
  return withoutStranger([...chain].flatMap(({ raw }) => raw ?? []));
}

/**
 * Where the peer leaves its root out, Node puts one of the same name there that is trusted here, whether or not it has signed what is below (OpenSSL's
 * `X509_check_issued` compares names and key identifiers). One that has not is none that was shown.
 */
function withoutStranger(chain: Buffer[]): Buffer[] {
  const [last, below] = [chain.at(-1), chain.at(-2)];
  if (last === undefined || below === undefined) return chain;
  try {
    const root = new X509Certificate(last);
    const isStranger = root.subject === root.issuer && !isSignedBy(new X509Certificate(below), root);
    return isStranger ? chain.slice(0, -1) : chain;
  } catch {
    // OpenSSL takes what it can use, and so do we.
    return chain;
  }
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
