import { codeOf } from "../base/error-code.js";
import { ConnectError, isConnectError } from "../base/errors.js";
import { called, type Endpoint } from "./endpoint.js";

/** Node's, from 25 on, for a program under `--permission`. */
const denied = "ERR_ACCESS_DENIED";
const lacksRight =
  "this program runs under Node's --permission without the right to the network: start Node with --allow-net";

export function dnsFault(error: unknown, endpoint: Endpoint): unknown {
  const code = codeOf(error);
  if (code === "ENOTFOUND" || code === "ENODATA" || code === "EAI_NONAME" || code === "EAI_NODATA")
    return notFound(endpoint, error);
  // An abort, or a fault that is told already.
  if (isConnectError(error) || !code.startsWith("E")) return error;
  return new ConnectError("DNS_FAILED", {
    hop: endpoint.hop,
    message: `the resolver gave no answer for ${endpoint.host} (${code})`,
    remedy: code === denied ? lacksRight : "check this machine's DNS servers and VPN, then try again",
    cause: error,
  });
}

export function notFound(endpoint: Endpoint, cause: unknown): ConnectError {
  const remedy =
    endpoint.hop === "proxy"
      ? `check the proxy's name in the setting; if it is right, connect to the network (VPN) that knows it`
      : `check the name; if only a proxy can resolve outside names here, set HTTPS_PROXY (or a route) so that it does`;
  return new ConnectError("DNS_NOT_FOUND", {
    hop: endpoint.hop,
    message: `the name of ${called(endpoint)} cannot be resolved on this machine`,
    remedy,
    cause,
  });
}

export function slowDns(endpoint: Endpoint, ms: number): ConnectError {
  return new ConnectError("DNS_FAILED", {
    hop: endpoint.hop,
    message: `the resolver gave no answer for ${endpoint.host} within ${ms} ms`,
    remedy: "check this machine's DNS servers and VPN, then try again",
  });
}

/** The errors of all attempts as one fault: the most telling of them decides. */
export function tcpFault(errors: readonly unknown[], endpoint: Endpoint): ConnectError {
  const codes = errors.map(codeOf);
  const cause = errors.length === 1 ? errors[0] : new AggregateError(errors, "every address failed");
  const name = called(endpoint);
  const proxy = endpoint.hop === "proxy";
  // Of two addresses, the one that was reached says more: localhost is ::1 as well, where often nobody listens.
  const wasReached = codes.includes("ECONNRESET") || codes.includes("EPIPE");
  if (codes.includes("ECONNREFUSED") && !wasReached) {
    return new ConnectError("TCP_REFUSED", {
      hop: endpoint.hop,
      message: `${name} refused the connection`,
      remedy: proxy
        ? "check the proxy's host and port in the setting, and that the proxy is running"
        : "check that the server is running and the port is right; a firewall may refuse on its behalf",
      cause,
    });
  }
  if (wasReached) {
    return new ConnectError("TCP_RESET", {
      hop: endpoint.hop,
      message: `${name} reset the connection`,
      remedy:
        "a firewall, or what stands before the server, may be cutting it: ask the network's administrators, or use the proxy that they provide",
      cause,
    });
  }
  if (codes.includes("ETIMEDOUT")) return tcpTimeout(endpoint, undefined, cause);
  const remedy = proxy
    ? "connect to the network (VPN) that the proxy is in"
    : "check the network connection; if this network allows only proxies, set HTTPS_PROXY";
  return new ConnectError("TCP_UNREACHABLE", {
    hop: endpoint.hop,
    message: `${name} cannot be reached (${codes.find((c) => c !== "") ?? "no route"})`,
    remedy: codes.includes(denied) ? lacksRight : remedy,
    cause,
  });
}

export function tcpTimeout(endpoint: Endpoint, ms: number | undefined, cause?: unknown): ConnectError {
  return new ConnectError("TCP_TIMEOUT", {
    hop: endpoint.hop,
    message: `${called(endpoint)} did not answer${ms === undefined ? "" : ` within ${ms} ms`}`,
    remedy:
      endpoint.hop === "proxy"
        ? "check the proxy's address, and that this machine is in the network (VPN) that reaches it"
        : "a firewall may drop direct connections: set HTTPS_PROXY if this network has a proxy",
    cause,
  });
}
