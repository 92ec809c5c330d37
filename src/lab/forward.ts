import { request as httpRequest, type ClientRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import type { Socket } from "node:net";

export interface Forwarding {
  /** For the Via header. */
  readonly proxy: string;
  readonly adopt: (socket: Socket) => void;
  /** Where to, and how; method and headers are the request's own. */
  readonly options: RequestOptions;
  /** Replaces the Host header. */
  readonly host?: string;
  /** Nothing has been answered yet. */
  readonly failed: (error: Error) => void;
}

/** Sends a request on, and the answer back as it comes. */
export function forward(request: IncomingMessage, response: ServerResponse, forwarding: Forwarding): void {
  const { host } = forwarding;
  // The URL's authority wins over the Host header that came with it (RFC 9112 section 3.2.2).
  const received = endToEnd(request.rawHeaders, forwarding.proxy, host === undefined ? [] : ["host"]);
  const outgoing = openRequest(request, forwarding, host === undefined ? received : ["Host", host, ...received]);
  outgoing.once("response", (incoming) => {
    response.writeHead(
      incoming.statusCode ?? 502,
      incoming.statusMessage ?? "",
      endToEnd(incoming.rawHeaders, forwarding.proxy),
    );
    // Events of a stream must not wait for the first of them.
    response.flushHeaders();
    incoming.pipe(response);
    incoming.once("error", () => response.destroy());
  });
  outgoing.on("error", (error) => {
    if (response.headersSent) response.destroy();
    else if (!response.destroyed) forwarding.failed(error);
  });
  request.pipe(outgoing);
}

/** Starts the onward request with these headers, `[name, value, name, value…]`. */
export function openRequest(
  request: IncomingMessage,
  forwarding: Forwarding,
  headers: readonly string[],
): ClientRequest {
  const { options } = forwarding;
  const send = options.protocol === "https:" ? httpsRequest : httpRequest;
  const outgoing = send({ ...options, method: request.method, headers, setHost: false });
  outgoing.once("socket", forwarding.adopt);
  return outgoing;
}

const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Leaves out what concerns this hop alone, also what `Connection` names (RFC 9110 section 7.6.1), and adds `Via`. */
function endToEnd(raw: readonly string[], proxy: string, without: readonly string[] = []): string[] {
  const pairs = raw.flatMap((name, at) =>
    at % 2 === 0 ? [{ name, key: name.toLowerCase(), value: raw[at + 1] ?? "" }] : [],
  );
  const named = new Set(
    pairs.filter(({ key }) => key === "connection").flatMap(({ value }) => value.toLowerCase().split(/\s*,\s*/)),
  );
  const kept = pairs.filter(({ key }) => !HOP_BY_HOP.has(key) && !named.has(key) && !without.includes(key));
  // A body without a length stays one.
  const chunked = pairs.some(({ key, value }) => key === "transfer-encoding" && /chunked/i.test(value));
  return [
    ...kept.flatMap(({ name, value }) => [name, value]),
    "Via",
    `1.1 ${proxy}`,
    ...(chunked ? ["Transfer-Encoding", "chunked"] : []),
  ];
}
