import http2, { type Http2SecureServer, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { IncomingMessage, ServerResponse } from "node:http";
import { testContext, listening, type TestContext } from "../../dial/testing/context.js";
import type { DialContext } from "../../dial/types.js";
import { createAuthority, type Authority } from "../../lab/index.js";

let authority: Promise<Authority> | undefined;

/** A server on loopback whose every frame a test decides, and the context of a client that trusts it. */
export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly context: DialContext;
  readonly server: Http2SecureServer;
  /** In the order in which they were opened. */
  readonly sessions: readonly ServerHttp2Session[];
  /** TLS connections so far. */
  readonly connections: () => number;
}

interface Script {
  /** Default: 500. */
  readonly http2?: (stream: ServerHttp2Stream, headers: http2.IncomingHttpHeaders, session: ServerHttp2Session) => void;
  readonly http1?: (request: IncomingMessage, response: ServerResponse) => void;
  readonly context?: TestContext;
  readonly settings?: http2.Settings;
}

export async function serve(script: Script): Promise<TestServer> {
  authority ??= createAuthority({ name: "Test CA" });
  const { issue, cert: ca } = await authority;
  const { cert, key } = await issue({ commonName: "localhost", hosts: ["localhost", "127.0.0.1"], usage: "server" });
  const server = http2.createSecureServer({ cert, key, allowHTTP1: true, settings: script.settings ?? {} });
  const sessions: ServerHttp2Session[] = [];
  let connections = 0;
  server.on("secureConnection", () => connections++);
  server.on("sessionError", () => undefined);
  server.on("session", (session) => sessions.push(session));
  server.on("stream", (stream, headers) => {
    stream.on("error", () => undefined);
    const { session } = stream;
    if (session === undefined || script.http2 === undefined)
      return stream.respond({ ":status": 500 }, { endStream: true });
    script.http2(stream, headers, session as ServerHttp2Session);
  });
  const { http1 } = script;
  if (http1 !== undefined) {
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      // Streams of HTTP/2 arrive here as well.
      if (request.httpVersionMajor < 2) http1(request, response);
    });
  }
  const sockets = new Set<import("node:net").Socket>();
  server.on("connection", (socket: import("node:net").Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  const port = await listening(server);
  return {
    url: `https://localhost:${port}`,
    port,
    server,
    sessions,
    connections: () => connections,
    context: testContext({ ca: [ca], ...script.context }),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The whole body of a stream or request. */
export async function bodyOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
