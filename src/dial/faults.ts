import type { FaultCode } from "../base/codes.js";
import { ConnectError } from "../base/errors.js";
import type { ProxyServer } from "../policy/types.js";
import { authority, called, quotePeer, type Endpoint } from "./endpoint.js";
import type { Handshake } from "./handshake.js";
import { proxyEndpoint } from "./hop.js";
import { checkLogin, whichLogin } from "./login/faults.js";

export function invalidHost(host: string): ConnectError {
  return new ConnectError("CONFIG_INVALID", {
    stage: "route",
    hop: "local",
    message: `"${quotePeer(host, 60)}" is not a valid host to connect to`,
    remedy: "give the name or the address alone, without scheme, port or path",
  });
}

export function slowRoute(goal: Endpoint, ms: number): ConnectError {
  return new ConnectError("PAC_TIMEOUT", {
    hop: "local",
    message: `the route to ${authority(goal)} was not found within ${ms} ms`,
    remedy: "check that the PAC file can be reached, and that its script ends",
  });
}

/** @param helper what a person knows the command by that gave the login; undefined where none did */
export function refusedBefore(proxy: ProxyServer, pause: number, helper: string | undefined): ConnectError {
  const seconds = Math.ceil(pause / 1000);
  return new ConnectError("PROXY_AUTH_REJECTED", {
    hop: "proxy",
    message: `${called(proxyEndpoint(proxy))} did not accept ${whichLogin(helper)} before, and it is not sent again for ${seconds} s unless it changes`,
    remedy: checkLogin(helper),
  });
}

/** @param helper as above */
export function slowLogin(proxy: ProxyServer, ms: number, helper: string | undefined): ConnectError {
  const label = helper === undefined ? "" : `${helper}: `;
  return new ConnectError("SECRET_COMMAND_FAILED", {
    hop: "local",
    message: `${label}the login for ${called(proxyEndpoint(proxy))} was not available within ${ms} ms`,
    remedy: "run the command that provides it by hand, and see why it takes so long",
  });
}

export function undecided(proxy: ProxyServer, ms: number): ConnectError {
  return new ConnectError("PROXY_TIMEOUT", {
    hop: "proxy",
    message: `${called(proxyEndpoint(proxy))} did not say within ${ms} ms whether it accepts the configured login`,
    remedy: "check that this port is a proxy's, and that the proxy can reach its targets",
  });
}

/** A fault of a TLS handshake: on the side, and at the stage, of the peer it was with. */
export function tlsError(
  handshake: Handshake,
  code: FaultCode,
  message: string,
  remedy: string,
  cause: unknown,
): ConnectError {
  const { hop } = handshake.endpoint;
  const stage = code.startsWith("CLIENT_CERT") ? "client-cert" : hop === "proxy" ? "proxy-tls" : "tls";
  return new ConnectError(code, { hop, stage, message, remedy, cause });
}
