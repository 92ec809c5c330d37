import { ConnectError, type Hop } from "../base/errors.js";
import type { FaultCode } from "../base/codes.js";
import { authority, called, quotePeer, type Endpoint } from "./endpoint.js";
import { startsLikeSocks } from "./probe.js";
import { authFault, rejected } from "./login/faults.js";
import { sentElsewhere } from "./elsewhere.js";
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
  const stopped = stoppedBefore(head, target, name);
  if (stopped !== undefined) return stopped;
  if (head.status === 401 && loggedIn) return rejected(proxy);
  if (head.status === 403) {
    const remedy = `ask the proxy's administrators to allow ${authority(target)}`;
    return tunnelFault("PROXY_FORBIDDEN", `${name} does not allow ${authority(target)} (${answer}${why})`, remedy);
  }
  if (isBadGateway(head)) {
    const remedy =
      "check the target's name and port; if they are right, ask the proxy's administrators why it cannot reach it";
    return tunnelFault("PROXY_BAD_GATEWAY", `${name} cannot reach ${authority(target)} (${answer}${why})`, remedy);
  }
  if (head.status === 400 && /plain http request|http request to an https/i.test(head.reason)) return needsTls(proxy);
  const remedy = "check that this is a forward proxy that allows CONNECT to this port, or ask its administrators";
  return tunnelFault("PROXY_REFUSED", `${name} refused a tunnel to ${authority(target)} (${answer}${why})`, remedy);
}

/** 502 to 504; squid says 500 for a name that nobody knows and for a dead parent, tinyproxy for each target that it cannot reach. */
function isBadGateway({ status, reason, headers }: ResponseHead): boolean {
  if (status !== 500) return status === 502 || status === 503 || status === 504;
  return (
    /^ERR_(CANNOT_FORWARD|CONNECT_FAIL|DNS_FAIL)/.test(headers.get("x-squid-error") ?? "") ||
    /unable to connect/i.test(reason)
  );
}

/** The network's own word in the proxy's place: it wants a login in a browser, or sends on to the page of a filter. */
function stoppedBefore(head: ResponseHead, target: Target, name: string): ConnectError | undefined {
  const away = sentElsewhere(head.status, head.headers.get("location"), new URL(`https://${authority(target)}/`));
  const how = away === undefined ? `${head.status}` : `${head.status}, to ${quotePeer(away.to)}`;
  const asked = `the CONNECT to ${authority(target)}`;
  if (head.status === 511 || away?.kind === "portal") {
    return new ConnectError("CAPTIVE_PORTAL", {
      hop: "proxy",
      stage: "tunnel",
      message: `${name} answers ${asked} with a login page (${how})`,
      remedy: "open any http:// page in a browser, and log in to the network there",
    });
  }
  if (away?.kind === "block") {
    return new ConnectError("HTTP_BLOCK_PAGE", {
      hop: "proxy",
      stage: "tunnel",
      message: `${name} answers ${asked} with a filter's page (${how})`,
      remedy: `ask the network's administrators to allow ${authority(target)}; the page says more: open ${away.to} in a browser`,
    });
  }
  if (away === undefined) return undefined;
  const remedy =
    "check that this is a forward proxy; if it is, ask its administrators why it sends its clients elsewhere";
  return tunnelFault("PROXY_REFUSED", `${name} answers ${asked} with a redirect (${how})`, remedy);
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
