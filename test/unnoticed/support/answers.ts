import type { Socket } from "node:net";
import type { SiteRequest, SiteResponse } from "./site.js";

/** Answers by what the path says: each is one way in which a server behaves. */
export function answer(path: string, request: SiteRequest, response: SiteResponse): void {
  // Both kinds of response know these calls; TypeScript takes no call on their union.
  const told = response as import("node:http").ServerResponse;
  const found = answers[path.replace(/\?.*/, "")] ?? echo;
  found(request, told);
}

type Response = import("node:http").ServerResponse;
type Answer = (request: SiteRequest, response: Response) => void;

const echo: Answer = (request, response) => {
  let size = 0;
  request.on("data", (chunk: Buffer) => (size += chunk.length));
  request.on("end", () => {
    response.writeHead(200, { "content-type": "application/json", date: "then" });
    response.end(JSON.stringify({ method: request.method, size }));
  });
};

const answers: Readonly<Record<string, Answer>> = {
  "/empty": (_request, response) => void response.writeHead(204, { date: "then" }).end(),
  "/teapot": (_request, response) => void response.writeHead(418, { date: "then" }).end("short and stout"),
  "/redirect": (_request, response) => void response.writeHead(302, { location: "echo", date: "then" }).end(),
  "/hang-up": (_request, response) => void cut(response),
  "/never": () => undefined,
  "/cut": (_request, response) => {
    response.writeHead(200, { "content-length": "100", date: "then" });
    response.write("only this", () => cut(response));
  },
  "/cut-chunked": (_request, response) => {
    response.writeHead(200, { date: "then" });
    response.write("only this", () => cut(response));
  },
  "/reset": (_request, response) => {
    response.writeHead(200, { "content-length": "100", date: "then" });
    // Once the client has read it.
    response.write("only this", () => setTimeout(reset, 100, response));
  },
  "/trailers": (_request, response) => {
    response.writeHead(200, { trailer: "x-end", date: "then" });
    response.write("body");
    response.addTrailers({ "x-end": "here" });
    response.end();
  },
  "/events": (request, response) => {
    // Who comes again is told to go.
    if (request.headers["last-event-id"] !== undefined) return void response.writeHead(204, { date: "then" }).end();
    response.writeHead(200, { "content-type": "text/event-stream", date: "then" });
    response.end("retry: 5\n\ndata: one\n\nevent: named\nid: 7\ndata: two\ndata: lines\n\n");
  },
  "/early": (_request, response) => {
    response.writeEarlyHints({ link: "</style.css>; rel=preload" });
    response.writeHead(200, { date: "then" }).end("late");
  },
  "/from": (request, response) => void response.writeHead(200, { date: "then" }).end(request.socket.remoteAddress),
  "/close": (_request, response) => void response.writeHead(200, { connection: "close", date: "then" }).end("bye"),
};

/** The connection goes away in the middle. */
function cut(response: Response): void {
  const { stream } = response as unknown as { readonly stream?: { readonly session?: { destroy(): void } } };
  if (stream?.session === undefined) response.socket?.destroy();
  else stream.session.destroy();
}

function reset(response: Response): void {
  const { stream } = response as unknown as { readonly stream?: { close(code: number): void } };
  if (stream !== undefined) return stream.close(2);
  const { socket } = response;
  // Of TLS, the connection below: nothing but that can be reset.
  const below = (socket as unknown as { readonly _parent?: Socket } | null)?._parent ?? socket;
  below?.resetAndDestroy();
}
