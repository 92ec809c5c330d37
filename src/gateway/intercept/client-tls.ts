import type { Socket } from "node:net";
import { TLSSocket, type SecureContext } from "node:tls";
import { codeOf } from "../../base/error-code.js";
import type { ConnectError } from "../../base/errors.js";
import { distrusted } from "../faults.js";

/** Alerts of RFC 8446 section 6 that the gateway sends itself. */
export const alerts = { decodeError: 50, unrecognizedName: 112 } as const;

/** A fatal alert in the clear, as a server sends it that answers no ClientHello. */
export function fatalAlert(description: number): Buffer {
  return Buffer.of(21, 3, 3, 0, 2, 2, description);
}

/**
 * Completes TLS with a client as the server that it asked for. Resolves when the handshake is over, with a socket that is paused.
 * @param protocol the one that is agreed on, if the client offers any
 * @throws the error that ended the handshake
 */
export function secureClient(
  client: Socket,
  secureContext: SecureContext,
  protocol: string | undefined,
  milliseconds: number,
): Promise<TLSSocket> {
  const secure = new TLSSocket(client, {
    isServer: true,
    secureContext,
    ...(protocol !== undefined && { ALPNProtocols: [protocol] }),
  });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => secure.destroy(new Error("the handshake took too long")), milliseconds);
    let failure: Error | undefined;
    secure.on("error", (error) => (failure ??= error));
    const onClose = (): void => {
      clearTimeout(timer);
      reject(failure ?? new Error("the client has disconnected"));
    };
    // Who goes away in the middle of the handshake is noticed by reading alone.
    const onEnd = (): void => void secure.destroy();
    secure.once("close", onClose).once("end", onEnd).resume();
    secure.once("secure", () => {
      clearTimeout(timer);
      secure.off("close", onClose).off("end", onEnd).pause();
      // As a tls.Server does with its sockets: node:http2 waits for it, and its types leave it out.
      Object.assign(secure, { secureConnecting: false });
      resolve(secure);
    });
  });
}

/** Alerts by which a client says that it does not take the certificate that it was shown. */
const mistrust =
  /ALERT_(?:UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|CERTIFICATE_EXPIRED|UNSUPPORTED_CERTIFICATE)$/;

/** Where a client turns the gateway's own certificate down, what to do about it. */
export function mistrustFault(error: unknown, target: string): ConnectError | undefined {
  if (!mistrust.test(codeOf(error))) return undefined;
  return distrusted(target, error);
}
