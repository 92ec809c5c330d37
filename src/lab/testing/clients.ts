import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { connect, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from "node:tls";
import type { Lab, LabClientFiles, LabEcho, LabProxy } from "../types.js";

/** Node's own clients: the lab must not be tested with the library that is tested with the lab. */

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface SendOptions extends RequestOptions {
  readonly body?: string | Buffer;
}

/** One request; the whole answer. Without an agent, unless the options bring one. */
export function send(url: string, { body, ...options }: SendOptions = {}): Promise<Reply> {
  const start = url.startsWith("https:") ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = start(url, { agent: false, ...options }, (response) => {
      response.setEncoding("utf8");
      let text = "";
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** One GET by HTTP/2. */
export async function sendHttp2(url: string, ca: string): Promise<{ readonly status: number; readonly body: string }> {
  const { origin, pathname, search } = new URL(url);
  const session = connectHttp2(origin, { ca });
  try {
    return await new Promise((resolve, reject) => {
      session.on("error", reject);
      session.on("close", () => reject(new Error("the session ended without an answer")));
      const stream = session.request({ ":path": pathname + search });
      stream.on("error", reject);
      stream.on("response", (headers) => {
        textOf(stream).then((body) => resolve({ status: headers[":status"] ?? 0, body }), reject);
      });
    });
  } finally {
    session.destroy();
  }
}

/** Asks an origin for a stream of events, and goes once the first has come. Resolves with that one when the origin knows it. */
export async function firstOfStream(lab: Lab, origin: string, options: RequestOptions): Promise<string> {
  const request = httpRequest(options).end();
  request.on("error", () => {});
  const [response] = (await once(request, "response")) as [NodeJS.ReadableStream];
  const first = String((await once(response, "data"))[0]);
  const connection = lab.log.of(origin, "request").at(-1)?.connection;
  request.destroy();
  await lab.log.waitFor((event) => event.by === origin && event.kind === "close" && event.connection === connection);
  return first;
}

export async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString("utf8");
}

export function echoOf(reply: { readonly body: string }): LabEcho {
  return JSON.parse(reply.body) as LabEcho;
}

/** The lab's root and its inspectors' CA. */
export function trustOf(lab: Lab): string {
  return readFileSync(lab.files.bundle, "utf8");
}

export function certificateOf(files: LabClientFiles): { readonly cert: string; readonly key: string } {
  return { cert: readFileSync(files.cert, "utf8"), key: readFileSync(files.key, "utf8") };
}

/** The error's code, or its message where it has none. */
export async function failureOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
    return typeof code === "string" ? code : String(error);
  }
  throw new Error("it did not fail");
}

export async function dial(port: number, host = "127.0.0.1"): Promise<Socket> {
  const socket = connect({ port, host });
  await once(socket, "connect");
  socket.on("error", () => {});
  return socket;
}

/** Octets from a socket, one head or a fixed number at a time. */
export async function readHead(socket: Socket): Promise<string> {
  return (await readUntil(socket, (bytes) => bytes.indexOf("\r\n\r\n") + 4, 4)).toString("latin1");
}

export function readBytes(socket: Socket, count: number): Promise<Buffer> {
  return readUntil(socket, () => count, count);
}

/** Rejects when the connection ends first. */
async function readUntil(socket: Socket, end: (bytes: Buffer) => number, least: number): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  for (;;) {
    const size = end(bytes);
    if (size >= least && bytes.length >= size) {
      socket.unshift(bytes.subarray(size));
      return bytes.subarray(0, size);
    }
    const chunk: unknown = socket.read();
    if (chunk instanceof Buffer) {
      bytes = Buffer.concat([bytes, chunk]);
      continue;
    }
    if (socket.readableEnded || socket.destroyed)
      throw new Error(`the connection ended after ${JSON.stringify(bytes.toString("latin1"))}`);
    await new Promise<void>((resolve) => {
      const ready = () => {
        socket.off("readable", ready).off("end", ready).off("close", ready);
        resolve();
      };
      socket.on("readable", ready).on("end", ready).on("close", ready);
    });
  }
}

/** All that comes until the connection ends, and whether it ended by a reset. */
export async function readAll(socket: Socket): Promise<{ readonly text: string; readonly reset: boolean }> {
  let text = "";
  let reset = false;
  socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
  socket.on("error", () => (reset = true));
  // Not events.once: it would reject on the "error" that is part of the answer.
  await new Promise<void>((resolve) => (socket.destroyed ? resolve() : socket.once("close", () => resolve())));
  return { text, reset };
}

export interface TunnelAnswer {
  readonly socket: Socket;
  readonly status: number;
  readonly head: string;
}

/** Sends CONNECT on a connection to the proxy (a new one, unless given) and reads the answer's head and body. */
export async function requestTunnel(
  proxy: LabProxy,
  target: string,
  options: { readonly authorization?: string; readonly on?: Socket } = {},
): Promise<TunnelAnswer> {
  const socket = options.on ?? (await dial(proxy.port));
  const login = options.authorization === undefined ? "" : `Proxy-Authorization: ${options.authorization}\r\n`;
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${login}\r\n`);
  const head = await readHead(socket);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
  const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
  if (status >= 300) await readBytes(socket, length);
  return { socket, status, head };
}

export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

export async function startTls(socket: Socket, options: ConnectionOptions): Promise<TLSSocket> {
  const secured = connectTls({ socket, ...options });
  await once(secured, "secureConnect");
  return secured;
}

/** TLS with a port of this machine, under the name localhost where the options give no other. */
export async function dialTls(port: number, options: ConnectionOptions): Promise<TLSSocket> {
  return startTls(await dial(port, options.host), { servername: "localhost", ...options });
}

/** A request on a socket that is ready for HTTP. */
export function sendOn(socket: Socket, url: string, options: SendOptions = {}): Promise<Reply> {
  return send(url.replace(/^https:/, "http:"), { ...options, agent: undefined, createConnection: () => socket });
}
