import type { ClientRequest } from "node:http";
import type { AgentProtocol, ConnectOptions } from "../clients/index.js";
import { bareHost, hostPortOfUrl } from "./host-port.js";
import type { HostPort } from "./types.js";

/** Of a request of node:http or node:https. */
export function protocolOf(request: ClientRequest): AgentProtocol {
  return request.protocol === "https:" ? "https:" : "http:";
}

/** Where the options of a connection lead. */
export function placeOf({ host, hostname, port }: ConnectOptions): HostPort {
  return { host: bareHost(host ?? hostname ?? "localhost"), port: Number(port ?? 80) };
}

/** CONNECT names its target so (RFC 9112 section 3.2.3). */
export function placeOfAuthority(text: string): HostPort | undefined {
  const url = `tunnel://${text}`;
  return URL.canParse(url) && new URL(url).port !== "" ? hostPortOfUrl(new URL(url)) : undefined;
}

/** A request's path in the form that proxies read (RFC 9112 section 3.2.2). */
export function absoluteUrl(path: string): URL | undefined {
  return /^[a-z][a-z\d+.-]*:\/\//i.test(path) && URL.canParse(path) ? new URL(path) : undefined;
}

export function isHttp(protocol: string): protocol is AgentProtocol {
  return protocol === "http:" || protocol === "https:";
}
