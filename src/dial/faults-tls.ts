import { codeOf } from "../base/error-code.js";
import { ConnectError, isConnectError } from "../base/errors.js";
import { chainFault } from "./faults-chain.js";
import { certificateRefused, closedAfterAsking } from "./faults-client-certificate.js";
import { called, type Endpoint } from "./endpoint.js";
import { tlsError } from "./faults.js";
import type { Handshake } from "./handshake.js";

const notTls = new Set([
  "ERR_SSL_WRONG_VERSION_NUMBER",
  "ERR_SSL_PACKET_LENGTH_TOO_LONG",
  "ERR_SSL_RECORD_LAYER_FAILURE",
  "ERR_SSL_UNEXPECTED_MESSAGE",
  "ERR_SSL_HTTP_REQUEST",
]);
const version = new Set([
  "ERR_SSL_UNSUPPORTED_PROTOCOL",
  "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION",
  "ERR_SSL_NO_PROTOCOLS_AVAILABLE",
  "ERR_SSL_VERSION_TOO_LOW",
]);
const weak = new Set([
  "ERR_SSL_DH_KEY_TOO_SMALL",
  "ERR_SSL_EE_KEY_TOO_SMALL",
  "ERR_SSL_CA_KEY_TOO_SMALL",
  "ERR_SSL_CA_MD_TOO_WEAK",
  "ERR_SSL_NO_SHARED_CIPHER",
  "ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM",
  "ERR_SSL_TLSV1_ALERT_INSUFFICIENT_SECURITY",
  "CA_MD_TOO_WEAK",
  "EE_KEY_TOO_SMALL",
  "CA_KEY_TOO_SMALL",
]);

/** Tells why a handshake failed. `error` is undefined where the peer just went away. */
export function tlsFault(error: unknown, handshake: Handshake): ConnectError {
  if (isConnectError(error)) return error;
  const code = codeOf(error);
  return (
    certificateRefused(error, handshake) ??
    chainFault(error, handshake) ??
    protocolFault(error, code, handshake) ??
    // Under TLS 1.3 our certificate goes out after the server's part is over: a break before that says nothing of it.
    (handshake.version === "TLSv1.3" ? undefined : closedAfterAsking(error, handshake)) ??
    brokenOff(error, handshake)
  );
}

function protocolFault(error: unknown, code: string, handshake: Handshake): ConnectError | undefined {
  const { endpoint } = handshake;
  const name = called(endpoint);
  if (notTls.has(code)) {
    return endpoint.hop === "proxy"
      ? tlsError(
          handshake,
          "PROXY_NOT_TLS",
          `${name} does not speak TLS`,
          "check its port; if it is a plain proxy's, write its URL with http:// (the scheme is the protocol of the proxy itself)",
          error,
        )
      : tlsError(
          handshake,
          "TLS_NOT_TLS",
          `${name} answered, but not with TLS`,
          "check the port, or whether the URL should begin with http://",
          error,
        );
  }
  if (version.has(code)) {
    const remedy = handshake.limited
      ? "take `maxTlsVersion` out of the identity that names this host in the config file"
      : "the server or a device in front of it speaks only versions before TLS 1.2: have it upgraded";
    const message = handshake.limited
      ? `${name} does not speak TLS 1.2, and nothing later is offered to it`
      : `${name} and this client share no TLS version`;
    return tlsError(handshake, "TLS_VERSION", message, remedy, error);
  }
  // RFC 7301 section 3.2: nothing that was offered is spoken there.
  if (code.endsWith("NO_APPLICATION_PROTOCOL")) {
    const remedy = handshake.proxied
      ? "let the program offer http/1.1 as well; where a proxy inspects TLS, it may be the one that lacks HTTP/2: have the host exempted"
      : "let the program offer http/1.1 as well";
    const message = `${name} speaks none of the protocols that were offered (ALPN)`;
    return tlsError(handshake, "TLS_RESET", message, remedy, error);
  }
  // RFC 6066 section 3: the server has no such name.
  if (code.endsWith("UNRECOGNIZED_NAME")) return unknownName(error, handshake);
  if (code === "ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED") {
    const remedy = "an old middlebox without RFC 5746 is on the path: have it upgraded";
    return tlsError(
      handshake,
      "TLS_LEGACY_RENEGOTIATION",
      `${name} asks for unsafe legacy renegotiation`,
      remedy,
      error,
    );
  }
  if (weak.has(code) || code.endsWith("ALERT_HANDSHAKE_FAILURE")) {
    const remedy =
      "have the server's keys and ciphers brought up to date; if it requires a client certificate, configure one";
    return tlsError(
      handshake,
      "TLS_WEAK",
      `${name} accepts no cipher or key that this client considers safe`,
      remedy,
      error,
    );
  }
  return undefined;
}

function unknownName(error: unknown, handshake: Handshake): ConnectError {
  const { endpoint, servername, proxied } = handshake;
  const remedy =
    endpoint.hop === "proxy"
      ? "write the proxy's URL with a name that it goes by: ask its administrators"
      : `check the host name and the port; if they are right, have the server's administrators set it up for that name${proxied ? ", and see whether the proxy leads to the right one" : ""}`;
  const message = `${called(endpoint)} does not know the name ${servername}: there is nothing under it (alert unrecognized_name)`;
  return tlsError(handshake, "TLS_NAME_MISMATCH", message, remedy, error);
}

function brokenOff(error: unknown, handshake: Handshake): ConnectError {
  const { endpoint } = handshake;
  const code = codeOf(error);
  const detail = code === "" || code === "ECONNRESET" || code === "EPIPE" ? "" : ` (${code})`;
  const remedy =
    endpoint.hop === "proxy"
      ? "check that this port of the proxy speaks TLS; if not, write its URL with http://"
      : `${handshake.proxied ? "the proxy or a firewall behind it" : "a firewall"} may block this host by its name, or choke on a large ClientHello: ask the network's administrators; a load balancer without a working server behind it does so, too`;
  return tlsError(handshake, "TLS_RESET", `${called(endpoint)} broke off the TLS handshake${detail}`, remedy, error);
}

export function slowTls({ endpoint }: Handshake, ms: number): ConnectError {
  const proxy = endpoint.hop === "proxy";
  return new ConnectError("TLS_TIMEOUT", {
    hop: endpoint.hop,
    stage: proxy ? "proxy-tls" : "tls",
    message: `${called(endpoint)} did not finish the TLS handshake within ${ms} ms`,
    remedy: proxy
      ? "check that this port speaks TLS: an http:// proxy URL is for plain ports"
      : "a firewall or an inspector may hold it up: ask the network's administrators about this host",
  });
}

/** A proxy of `https:` that was asked what it speaks: SOCKS, or else HTTP. */
export function proxyNotTls(endpoint: Endpoint, socks: boolean, cause: unknown): ConnectError {
  return new ConnectError("PROXY_NOT_TLS", {
    hop: "proxy",
    stage: "proxy-tls",
    message: `${called(endpoint)} speaks ${socks ? "SOCKS" : "plain HTTP"}, not TLS`,
    remedy: `write its URL with ${socks ? "socks5h" : "http"}:// (the scheme is the protocol of the proxy itself)`,
    cause,
  });
}

/** A target that was asked what it speaks. */
export function targetNotTls(endpoint: Endpoint): ConnectError {
  return new ConnectError("TLS_NOT_TLS", {
    hop: "target",
    stage: "tls",
    message: `${called(endpoint)} speaks plain HTTP, not TLS`,
    remedy: "check the port, or whether the URL should begin with http://",
  });
}
