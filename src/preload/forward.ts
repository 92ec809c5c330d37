import http, { type IncomingMessage } from "node:http";
import type { Agent } from "node:https";
import type { Duplex } from "node:stream";
import { formatHostPort } from "../base/hostname.js";
import { askUpstream, forwardRequest, forwardUpgrade, requestFields, type Forwarding } from "../clients/index.js";
import { hostPortOfUrl } from "./host-port.js";
import { pair } from "./pair.js";
import type { HostPort } from "./types.js";

/** Bytes of a request's head: how long one may be is the server's to say. */
const largestHead = 1_048_576;

/**
 * A connection whose other end is read here: each request on it is made once more by `agent`, which knows in what form the proxy
 * wants it. A fault ends the connection with it, so that the program sees the same as if it had connected itself.
 */
export function forwardTo(peer: HostPort, agent: Agent): Duplex {
  const [near, far] = pair();
  const server = serverOn(near);
  const forwarding = (request: IncomingMessage, upgrade: boolean): Forwarding => ({
    request,
    name: formatHostPort(peer.host, peer.port),
    ask: () => {
      const { method = "GET", url: path = "/", rawHeaders } = request;
      const headers = requestFields(rawHeaders, { method, upgrade });
      return askUpstream({ ...peer, protocol: "http:", agent, method, path, headers });
    },
    refuse: (error) => near.destroy(error as Error),
    broken: (fault) => near.destroy(fault),
    over: () => undefined,
  });
  server.on("request", (request, response) => void forwardRequest(forwarding(request, false), response));
  // Whether the body may come is the server's to say.
  server.on("checkContinue", (request, response) => void forwardRequest(forwarding(request, false), response));
  server.on("upgrade", (request, socket, head) => {
    const giveUp = forwardUpgrade({
      ...forwarding(request, true),
      socket,
      agreed: (upstream) => {
        if (head.length > 0) upstream.write(head);
        join(socket, upstream, near);
      },
      declined: () => undefined,
      last: (each) => each.end(),
    });
    socket.once("close", giveUp);
  });
  server.emit("connection", far);
  return near;
}

/** Answers CONNECT as a proxy would, with a connection that `connect` makes; there is nothing else to be had here. */
export function answerConnect(connect: (peer: HostPort, signal: AbortSignal) => Promise<Duplex>): Duplex {
  const [near, far] = pair();
  const server = serverOn(near);
  server.on("connect", ({ url = "" }: IncomingMessage, socket: Duplex, head: Buffer) => {
    const abort = new AbortController();
    near.once("close", () => abort.abort(new Error("the request was given up")));
    // The form of CONNECT is that of an authority (RFC 9112 section 3.2.3).
    connect(hostPortOfUrl(new URL(`tunnel://${url}`)), abort.signal).then(
      (other) => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
        if (head.length > 0) other.write(head);
        join(socket, other, near);
      },
      (error: Error) => near.destroy(error),
    );
  });
  server.on("request", (_request, response) => response.writeHead(501).end());
  server.emit("connection", far);
  return near;
}

function serverOn(near: Duplex): http.Server {
  const server = http.createServer({ keepAlive: false, maxHeaderSize: largestHead, requireHostHeader: false });
  // The program's patience and the policy's bounds count, and no others.
  Object.assign(server, { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0, timeout: 0, maxHeadersCount: 0 });
  return server.on("clientError", (error) => near.destroy(error));
}

/** Joins both, and a fault of the upstream is one of the near end. */
function join(socket: Duplex, other: Duplex, near: Duplex): void {
  socket.pipe(other).pipe(socket);
  other.once("error", (error) => near.destroy(error));
  // What has come before the end is still on its way.
  other.once("close", () => void (other.readableEnded || socket.destroy()));
  socket.once("close", () => other.destroy());
}
