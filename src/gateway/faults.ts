import { configFault, configInvalid } from "../base/faults-config.js";
import { ConnectError } from "../base/errors.js";
import { settingName, showPattern } from "../policy/index.js";
import type { Route } from "../route/index.js";
import type { Starter } from "./types.js";

export function outOfRange(name: string, least: number): ConnectError {
  return configInvalid(`the option ${name} must be a whole number, at least ${least}`, "correct it, or leave it out");
}

export const invalidToken = configFault(
  "the gateway's token is not 16 to 255 printable characters without spaces",
  "give another one, or none to have one made",
);

function loop(message: string, remedy: string): ConnectError {
  return new ConnectError("PROXY_LOOP", { hop: "local", message, remedy });
}

export function loopFault(target: string): ConnectError {
  return loop(
    `${target} is this gateway itself, which does not proxy to itself`,
    "request the server that you mean; the gateway's own pages are at its URL, without a proxy",
  );
}

export function settingLoop(route: Route): ConnectError {
  return loop(
    `${settingName(route.source)} sends the gateway to itself: it names this gateway as the proxy`,
    "name the network's own proxy there, and give the gateway's URL only to other programs",
  );
}

/** How a gateway came about, and what reaches it: other things help in each. */
export interface LinkLocalWays {
  readonly starter: Starter;
  readonly captures: boolean;
  readonly proxyLoopback: boolean;
}

export function linkLocalFault(target: string, ways: LinkLocalWays): ConnectError {
  return new ConnectError("PROXY_FORBIDDEN", {
    stage: "route",
    hop: "local",
    message: `${target} is a link-local address, which the gateway does not connect to`,
    remedy: `if a program must reach it (a cloud's metadata service, say), ${linkLocalRemedy(ways)}`,
  });
}

/** `sallyport run` has its programs connect to such addresses themselves, and so its gateway has no option for them. */
function linkLocalRemedy({ starter, captures, proxyLoopback }: LinkLocalWays): string {
  if (starter === "command") return "start the gateway with --link-local";
  if (starter === "library") return "start the gateway with the option linkLocal";
  if (captures) return "run it without capture, and let it ask for the address instead of a name";
  if (proxyLoopback) return "take <-loopback> out of NO_PROXY, which sends such addresses to the gateway";
  return "let it ask for the address instead of a name, and heed NO_PROXY, where `run` puts such addresses";
}

export function cameBack(name: string): ConnectError {
  return new ConnectError("PROXY_LOOP", {
    hop: "local",
    message: `a request for ${name} came back to the gateway that sent it`,
    remedy: "find out which proxy or server sends it back: a proxy setting, or that server itself, names this gateway",
  });
}

/** For what is none of the network's known faults. */
export function unexplainedFault(name: string, cause: unknown): ConnectError {
  return new ConnectError("HTTP_CLOSED", {
    hop: "target",
    message: `the request to ${name} failed: ${cause instanceof Error ? cause.message : "for an unknown reason"}`,
    remedy: "try again; if it happens each time, ask whoever runs the server",
    cause,
  });
}

export function invalidOrigin(name: string): ConnectError {
  return configInvalid(
    `the origin of the reverse proxy "${name}" is not a valid origin`,
    "write scheme and host, such as https://api.example.com, without a login or a path: paths are passed on unchanged",
  );
}

export const tooWide = configFault(
  'the gateway cannot intercept TLS for every host ("*"): its authority is limited to hosts that are named',
  "name the hosts that require a client certificate, such as api.example.com or *.corp.example",
);

export function openToAnybody(text: string): ConnectError {
  return unusableHost(
    text,
    "is a public suffix: anybody can own names below it, and the gateway's authority would vouch for all of them",
    "name the hosts that require a client certificate, such as api.example.com, or the domain of one organization",
  );
}

export function tooManyAddresses(text: string): ConnectError {
  return unusableHost(
    text,
    "holds too many addresses: the gateway's authority would vouch for all of them",
    "name the addresses that require a client certificate, or a block of /8 at the most (IPv6: /32)",
  );
}

export function unusableHost(text: string, problem: string, remedy: string): ConnectError {
  return configInvalid(`the hosts to intercept: the entry ${showPattern(text)} ${problem}`, remedy);
}

/** A client turns the gateway's own certificate down. */
export function distrusted(target: string, cause: unknown): ConnectError {
  return new ConnectError("TLS_UNTRUSTED_ISSUER", {
    hop: "local",
    message: `the program that asked for ${target} does not trust the gateway, which intercepts TLS for this host`,
    remedy:
      "give the program the gateway's certificate, as `sallyport run` does by NODE_EXTRA_CA_CERTS, SSL_CERT_FILE and others",
    cause,
  });
}

export function closedUnanswered(name: string): ConnectError {
  return new ConnectError("HTTP_CLOSED", {
    hop: "target",
    message: `${name} closed the connection before it answered`,
    remedy:
      "try again; if it happens each time, ask whoever runs the server, or a proxy or firewall on the path, what closes these connections",
  });
}

/** What a custom resolver or clock may throw. */
export function unexplained(target: string, cause: unknown): ConnectError {
  return new ConnectError("TCP_UNREACHABLE", {
    hop: "local",
    message: `the gateway could not connect to ${target}`,
    remedy: "try again; if it happens each time, look at what the gateway itself says with --verbose",
    cause,
  });
}
