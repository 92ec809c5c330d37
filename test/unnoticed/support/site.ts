import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import http2, { type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import https from "node:https";
import type { AddressInfo, Server, Socket } from "node:net";
import type { Issued } from "../../../src/lab/ca.js";
import { WebSocketServer } from "ws";
import { answer } from "./answers.js";

export type SiteRequest = IncomingMessage | Http2ServerRequest;
export type SiteResponse = ServerResponse | Http2ServerResponse;

/** The servers that programs ask: `secure` speaks HTTP/1.1, `both` HTTP/2 as well, `plain` without TLS, `loopback` is a developer's own. */
export interface Site extends AsyncDisposable {
  readonly urls: Readonly<Record<Kind | "webSecure" | "webPlain", string>>;
  /** What each program sent, in order: head by head, as the bytes had it. */
  readonly seen: ReadonlyMap<string, readonly string[]>;
  /** Forgets all of that. */
  forget(): void;
  /** The port of each server, by which its name stands in texts that are compared. */
  readonly ports: ReadonlyMap<number, Kind>;
  /** The usual ports of the web that `webSecure` and `webPlain` name, and those of the servers that are meant: see web-ports.mjs. */
  readonly webPorts: ReadonlyMap<number, number>;
}

const kinds = ["secure", "both", "plain", "loopback"] as const;
export type Kind = (typeof kinds)[number];

/** The names under which the servers are known outside; nothing of this machine knows them. */
export const siteNames: readonly string[] = kinds.map((kind) => `${kind}.site.test`);

/** One site for each setting: what one program does is not mixed up with what it does in another network. */
export async function openSite(certificates: { readonly good: Issued; readonly own: Issued }): Promise<Site> {
  const seen = new Map<string, string[]>();
  const note = (kind: Kind, request: SiteRequest): string => {
    const [, program = "", ...path] = (request.url ?? "").split("/");
    const own = seen.get(program) ?? [];
    seen.set(program, own);
    const head = [`${request.method} /${path.join("/")} HTTP/${request.httpVersion}`, ...fields(request.rawHeaders)];
    own.push(`${kind}: ${head.join(" | ")}`);
    return `/${path.join("/")}`;
  };
  const listener =
    (kind: Kind) =>
    (request: SiteRequest, response: SiteResponse): void =>
      answer(note(kind, request), request, response);
  const upgraded =
    (kind: Kind) =>
    (request: IncomingMessage, socket: Socket, head: Buffer): void => {
      const path = note(kind, request);
      socket.on("error", () => undefined);
      if (request.headers["sec-websocket-key"] !== undefined) return speakWebSocket(path, request, socket, head);
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
      socket.pipe(socket);
    };
  const servers: Record<Kind, Server> = {
    secure: https.createServer(certificates.good, listener("secure")).on("upgrade", upgraded("secure")),
    both: http2.createSecureServer({ ...certificates.good, allowHTTP1: true }, listener("both")),
    plain: http.createServer(listener("plain")).on("upgrade", upgraded("plain")),
    loopback: https.createServer(certificates.own, listener("loopback")).on("upgrade", upgraded("loopback")),
  };
  const open = new Set<Socket>();
  const ports = new Map<number, Kind>();
  for (const kind of kinds) {
    const server = servers[kind];
    server.on("connection", (socket: Socket) => {
      open.add(socket.on("error", () => undefined));
      socket.once("close", () => open.delete(socket));
    });
    server.on("tlsClientError", () => undefined).listen(0, "127.0.0.1");
    await once(server, "listening");
    ports.set(portOf(server), kind);
  }
  const urlOf = (kind: Kind, port = portOf(servers[kind])): string => `${schemeOf(kind)}://${hostOf(kind)}:${port}`;
  const own = Object.fromEntries(kinds.map((kind) => [kind, urlOf(kind)])) as Record<Kind, string>;
  return {
    urls: { ...own, webSecure: urlOf("secure", 8443), webPlain: urlOf("plain", 8080) },
    webPorts: new Map([
      [8443, portOf(servers.secure)],
      [8080, portOf(servers.plain)],
    ]),
    seen,
    forget: () => seen.clear(),
    ports,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await Promise.all(Object.values(servers).map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;
const schemeOf = (kind: Kind): string => (kind === "plain" ? "http" : "https");
const hostOf = (kind: Kind): string => (kind === "loopback" ? "localhost" : `${kind}.site.test`);

function fields(raw: readonly string[]): string[] {
  return (
    raw
      .flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${raw[at + 1]}`] : []))
      // A WebSocket's key is made up for each.
      .filter((field) => !/^(?::|sec-websocket-key:)/i.test(field))
  );
}

const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });

/** Sends back what it is sent, and ends as it is told to. */
function speakWebSocket(path: string, request: IncomingMessage, socket: Socket, head: Buffer): void {
  if (path === "/refuse") return void socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  webSockets.handleUpgrade(request, socket, head, (client) => {
    client.on("error", () => undefined);
    client.on("message", (data: Buffer, isBinary) => {
      const text = isBinary ? "" : data.toString();
      if (text === "cut") client.terminate();
      else if (text === "close") client.close(4002, "go");
      else client.send(data, { binary: isBinary });
    });
  });
}
