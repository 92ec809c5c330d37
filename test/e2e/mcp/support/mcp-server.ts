import http, { type IncomingMessage, type ServerResponse } from "node:http";
import https from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { SSEServerTransport } from "@modelcontextprotocol/sdk/server/sse.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { readFile } from "node:fs/promises";
import type { Lab } from "../../../../src/lab/index.js";

/** A request as the server saw it. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  /** Common name of the client certificate. */
  readonly peer: string | undefined;
}

export interface TestMcpServer extends AsyncDisposable {
  readonly url: URL;
  readonly origin: string;
  readonly seen: Seen[];
}

type Handle = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** What a server on loopback has: a certificate of the lab's, and the authority of the lab's clients. */
export async function localhostTls(lab: Lab): Promise<{ cert: string; key: string; ca: string[] }> {
  const { intermediate } = lab.authorities;
  const usage = "server";
  const { cert, key } = await intermediate.issue({ commonName: "localhost", hosts: ["localhost", "127.0.0.1"], usage });
  return { cert: cert + intermediate.chain, key, ca: [await readFile(lab.files.clientCa, "utf8")] };
}

/** A server on loopback which asks for a client certificate of the lab's, and takes no other. */
export async function serveWithCertificate(lab: Lab, handle: Handle): Promise<TestMcpServer> {
  const tls = await localhostTls(lab);
  return serving(https.createServer({ ...tls, requestCert: true, rejectUnauthorized: true }), handle);
}

export function serveWithoutTls(handle: Handle): Promise<TestMcpServer> {
  return serving(http.createServer(), handle);
}

async function serving(server: http.Server | https.Server, handle: Handle): Promise<TestMcpServer> {
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const { method = "", url = "", headers, socket } = request;
    seen.push({ method, path: url, headers, peer: peerOf(socket) });
    void handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const origin = `${server instanceof https.Server ? "https" : "http"}://localhost:${port}`;
  return {
    url: new URL("/mcp", origin),
    origin,
    seen,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function peerOf(socket: Socket): string | undefined {
  const name = (socket as Partial<TLSSocket>).getPeerCertificate?.().subject?.CN;
  return typeof name === "string" ? name : name?.[0];
}

function tools(): McpServer {
  const mcp = new McpServer({ name: "test", version: "1.0.0" });
  mcp.registerTool("where", { description: "Says that it was reached" }, () => ({
    content: [{ type: "text", text: "reached" }],
  }));
  return mcp;
}

/** Streamable HTTP with one tool and no sessions. */
export async function streamable(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const mcp = tools();
  const transport = new StreamableHTTPServerTransport({});
  response.on("close", () => void mcp.close());
  await mcp.connect(transport);
  await transport.handleRequest(request, response);
}

/** The older HTTP+SSE transport: GET opens the stream, POST sends. */
export function httpAndSse(): Handle {
  const open = new Map<string, SSEServerTransport>();
  return async (request, response) => {
    if (request.method === "GET") {
      const transport = new SSEServerTransport("/messages", response);
      open.set(transport.sessionId, transport);
      await tools().connect(transport);
      return;
    }
    const id = new URL(request.url ?? "", "http://localhost").searchParams.get("sessionId") ?? "";
    await open.get(id)?.handlePostMessage(request, response);
  };
}
