import http, { type IncomingMessage, type ServerResponse } from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import type { TLSSocket } from "node:tls";
import type { Lab } from "../../../../src/lab/index.js";

/** Stands before servers that know themselves as `http://localhost:PORT` only, and asks whoever comes for a client certificate. */
export interface Terminator extends AsyncDisposable {
  /** The URL outside of one that is inside. */
  outside(url: string): string;
  /** Common names of the client certificates, one for each request. */
  readonly peers: readonly (string | undefined)[];
  readonly requests: readonly TerminatedRequest[];
  /** How many connections there were, over which a handshake succeeded. */
  readonly connections: number;
}

export interface TerminatedRequest {
  /** Common name of the client certificate. */
  readonly peer: string | undefined;
  /** Of the server inside. */
  readonly port: number;
  readonly method: string | undefined;
  /** The method of the message in the body: `tools/call`. */
  readonly message: string | undefined;
}

/** URLs stand in bodies, headers and queries, plain and encoded. */
const inner = /http(:\/\/|%3A%2F%2F)localhost(:|%3A)(\d+)/gi;

export async function startTerminator(lab: Lab): Promise<Terminator> {
  const { cert, key, chain } = await lab.authorities.intermediate.issue({
    commonName: "mcp.localhost",
    hosts: ["*.mcp.localhost"],
    usage: "server",
  });
  const ca = [await readFile(lab.files.clientCa, "utf8")];
  const requests: TerminatedRequest[] = [];
  let connections = 0;
  const server = https.createServer(
    { cert: chain === "" ? cert : chain, key, ca, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      const peer = (request.socket as TLSSocket).getPeerCertificate().subject.CN as string | undefined;
      void (async () => {
        const port = Number(/^p(\d+)\./.exec(request.headers.host ?? "")?.[1]);
        const body = inside((await buffer(request)).toString("utf8"));
        requests.push({ peer, port, method: request.method, message: messageOf(body) });
        await passOn({ request, body, port }, response, { outside, inside });
      })().catch(() => response.destroy());
    },
  );
  server.on("secureConnection", () => connections++);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const outer = new RegExp(`https(:\\/\\/|%3A%2F%2F)p(\\d+)\\.mcp\\.localhost(?::|%3A)${port}`, "gi");
  const outside = (text: string): string => text.replace(inner, `https$1p$3.mcp.localhost$2${port}`);
  const inside = (text: string): string =>
    text.replace(
      outer,
      (_, slashes: string, at: string) => `http${slashes}localhost${slashes === "://" ? ":" : "%3A"}${at}`,
    );
  return {
    outside,
    requests,
    get peers() {
      return requests.map(({ peer }) => peer);
    },
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Names {
  readonly outside: (text: string) => string;
  readonly inside: (text: string) => string;
}

interface Received {
  readonly request: IncomingMessage;
  readonly body: string;
  readonly port: number;
}

const messageOf = (body: string): string | undefined => /"method":"([^"]+)"/.exec(body)?.[1];

async function passOn(
  { request, body, port }: Received,
  response: ServerResponse,
  { outside, inside }: Names,
): Promise<void> {
  const headers: http.OutgoingHttpHeaders = { ...request.headers, host: `localhost:${port}` };
  delete headers["transfer-encoding"];
  if (request.method === "POST") headers["content-length"] = Buffer.byteLength(body);
  const path = inside(request.url ?? "/");
  const further = http.request({ host: "localhost", port, method: request.method, path, headers });
  response.once("close", () => further.destroy());
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    further.once("error", reject).once("response", resolve).end(body);
  });
  const fields = Object.fromEntries(
    Object.entries(answer.headers).map(([name, value]) => [name, typeof value === "string" ? outside(value) : value]),
  );
  delete fields["content-length"];
  delete fields["transfer-encoding"];
  response.writeHead(answer.statusCode ?? 502, fields);
  if (answer.headers["content-type"]?.includes("text/event-stream") === true) {
    // The head of a stream may be all that comes for a while.
    response.flushHeaders();
    answer.pipe(response);
  } else response.end(outside((await buffer(answer)).toString("utf8")));
}
