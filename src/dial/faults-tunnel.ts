import { ConnectError, type Hop } from "../base/errors.js";
import type { FaultCode } from "../base/codes.js";
import { authority, called, quotePeer, type Endpoint } from "./endpoint.js";
import { startsLikeSocks } from "./probe.js";
import { authFault } from "./login/faults.js";
import { gatewayFault } from "./faults-gateway.js";
import { headLimit, type ResponseHead } from "./response-head.js";

type Target = Pick<Endpoint, "host" | "port">;

function tunnelFault(
  code: FaultCode,
  message: string,
  remedy: string,
  cause?: unknown,
  hop: Hop = "proxy",
): ConnectError {
  return new ConnectError(code, { hop, message, remedy, cause });
}

/** Tells a proxy's answer to CONNECT that is not a 2xx. */
export function refusal(head: ResponseHead, proxy: Endpoint, target: Target, loggedIn: boolean): ConnectError {
  const told = gatewayFault(head, proxy);
  if (told !== undefined) return told;
  if (head.status === 407) return authFault(head.headers.get("proxy-authenticate") ?? "", proxy, loggedIn);
  const answer = quotePeer(`${head.status} ${head.reason}`.trim());
  const squid = head.headers.get("x-squid-error");
  const why = squid === undefined ? "" : `, ${quotePeer(squid)}`;
  const name = called(proxy);
  if (head.status === 403) {
    const remedy = `ask the proxy's administrators to allow ${authority(target)}`;
    return tunnelFault("PROXY_FORBIDDEN", `${name} does not allow ${authority(target)} (${answer}${why})`, remedy);
  }
  if (head.status === 502 || head.status === 503 || head.status === 504) {
    const remedy =
      "check the target's name and port; if they are right, ask the proxy's administrators why it cannot reach it";
    return tunnelFault("PROXY_BAD_GATEWAY", `${name} cannot reach ${authority(target)} (${answer}${why})`, remedy);
  }
  if (head.status === 400 && /plain http request|http request to an https/i.test(head.reason)) return needsTls(proxy);
  const remedy = "check that this is a forward proxy that allows CONNECT to this port, or ask its administrators";
  return tunnelFault("PROXY_REFUSED", `${name} refused a tunnel to ${authority(target)} (${answer}${why})`, remedy);
}

export function proxySilent(proxy: Endpoint, ms: number): ConnectError {
  const remedy =
    "check that this port is an HTTP proxy's, and that the proxy can reach the target: it answered nothing at all";
  return tunnelFault("PROXY_TIMEOUT", `${called(proxy)} did not answer the CONNECT within ${ms} ms`, remedy);
}

/** The proxy went away before its answer was complete. TLS alerts look like this to who speaks plain HTTP. */
export function proxyClosed(proxy: Endpoint, cause: Error | undefined, received: Buffer): ConnectError {
  if (startsLikeTls(received)) return needsTls(proxy, cause);
  const remedy = "check the proxy's address and scheme (http:// or https://), and whether it allows this target";
  const how =
    received.length === 0
      ? "closed the connection instead of answering the CONNECT"
      : "closed the connection in the middle of its answer";
  return tunnelFault("PROXY_CLOSED", `${called(proxy)} ${how}`, remedy, cause);
}

export function noHttp(proxy: Endpoint, received: Buffer): ConnectError {
  if (startsLikeTls(received)) return needsTls(proxy);
  if (startsLikeSocks(received)) return needsSocks(proxy);
  const remedy = "check the proxy's host and port: something other than an HTTP proxy listens there";
  const what =
    received.length > headLimit
      ? "with a header that does not end"
      : `with "${quotePeer(received.toString("latin1", 0, 60), 40)}"`;
  return tunnelFault("PROXY_NOT_HTTP", `${called(proxy)} answered ${what}, which is not HTTP`, remedy);
}

export function spokeFirst(proxy: Endpoint): ConnectError {
  const remedy = "have the proxy fixed: after its 200 to a CONNECT it may send only what the target sends";
  return tunnelFault("PROXY_NOT_HTTP", `${called(proxy)} sent data of its own into the tunnel`, remedy);
}

export function needsTls(proxy: Endpoint, cause?: unknown): ConnectError {
  const remedy = "write its URL with https:// (the scheme is the protocol of the proxy itself)";
  return tunnelFault("PROXY_NEEDS_TLS", `${called(proxy)} speaks TLS, but its URL says http://`, remedy, cause);
}

export function needsSocks(proxy: Endpoint, cause?: unknown): ConnectError {
  const remedy = "write its URL with socks5h:// (the scheme is the protocol of the proxy itself)";
  return tunnelFault("PROXY_NOT_HTTP", `${called(proxy)} speaks SOCKS, not HTTP`, remedy, cause);
}

/** A TLS alert or handshake record of any version (RFC 8446 section 5.1). */
export function startsLikeTls(bytes: Buffer): boolean {
  return bytes.length >= 2 && (bytes[0] === 0x15 || bytes[0] === 0x16) && bytes[1] === 0x03;
}
