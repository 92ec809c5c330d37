import type { ConnectError } from "../base/errors.js";

/** Groups whose keys fit into a ClientHello of one packet: what was offered everywhere before 2025. */
export const smallGroups = "X25519:P-256:P-384:P-521";
/** The same, and before them the post-quantum one whose key alone has 1216 octets (draft-ietf-tls-ecdhe-mlkem). */
export const largeGroups = `X25519MLKEM768:${smallGroups}`;

/** Whether this Node knows such groups, and then offers them by itself: OpenSSL does from 3.5 on. */
export function offersPostQuantum(openssl = process.versions.openssl): boolean {
  const [major = 0, minor = 0] = (openssl ?? "").split(".").map(Number);
  return major > 3 || (major === 3 && minor >= 5);
}

/** A handshake that ended as boxes end one whose ClientHello they cannot read: they drop it, or reset the connection. */
export const wasDropped = ({ code }: Pick<ConnectError, "code">): boolean =>
  code === "TLS_RESET" || code === "TLS_TIMEOUT";
