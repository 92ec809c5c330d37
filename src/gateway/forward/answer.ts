import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { ConnectError, findConnectError } from "../../base/errors.js";
import { addTrailers, answerHeaders, fieldPairs } from "./headers.js";
import { reset } from "../tunnel/join.js";

export interface Relay {
  readonly response: ServerResponse;
  /** `host:port` of the target, for messages. */
  readonly name: string;
  /** Gives another value for Location. */
  readonly relocate: ((location: string) => string) | undefined;
  /** Called once where the answer breaks off on its way; the client's connection has been reset by then. */
  readonly broken: (fault: ConnectError) => void;
}

/**
 * Passes an answer on to the client, piece by piece as it comes. Where it breaks off, so does the client's connection: nothing may
 * look like its end.
 * @throws {ConnectError} HTTP_INVALID for an answer that cannot be passed on; nothing has been written then
 */
export function relayAnswer(answer: IncomingMessage, { response, name, relocate, broken }: Relay): void {
  const coding = answer.headers["transfer-encoding"]?.toLowerCase() ?? "chunked";
  if (coding !== "chunked" && coding !== "identity")
    throw unpassable(name, "a transfer-encoding that nobody asked for");
  writeHead(answer, response, name, relocate);
  // Head and first piece go out as one where they came as one; an event stream's head does not wait for its first event.
  setImmediate(() => {
    if (!response.writableEnded && !response.destroyed) response.flushHeaders();
  });
  answer.once("end", () => addTrailers(response, answer.rawTrailers));
  // node:http destroys an answer that ends too early with an error.
  answer.once("error", (error) => {
    if (response.writableFinished || response.destroyed) return;
    broken(findConnectError(error) ?? brokenOff(name, error));
    const { socket } = response;
    if (socket === null) response.destroy();
    else reset(socket);
  });
  answer.pipe(response);
}

/**
 * Passes on what comes before the answer (RFC 9110 section 15.2), as far as node:http can write it. It is written past the flow control of
 * the answer, so that an upstream could fill the memory with it: where the client does not read, the upstream is not read either.
 */
export function relayInterim(upstream: ClientRequest, request: IncomingMessage, response: ServerResponse): void {
  if (request.httpVersion === "1.0") return;
  let holding = false;
  const holdBack = ({ socket }: ClientRequest, client: Socket): void => {
    holding = true;
    // node:http sets the socket going again behind each message that it has read.
    process.nextTick(() => socket?.pause());
    client.once("drain", () => {
      holding = false;
      socket?.resume();
    });
  };
  upstream.on("information", ({ statusCode, rawHeaders }) => {
    // An answer that waits for the one before it has no place for them yet.
    if (response.headersSent || response.socket === null) return;
    if (statusCode === 102) response.writeProcessing();
    if (statusCode === 103) writeEarlyHints(response, rawHeaders);
    if (response.socket.writableNeedDrain && !holding) holdBack(upstream, response.socket);
  });
}

function writeHead(answer: IncomingMessage, response: ServerResponse, name: string, relocate: Relay["relocate"]): void {
  // Without one of its own the answer has none: the gateway is no origin.
  response.sendDate = false;
  try {
    response.writeHead(
      answer.statusCode ?? 502,
      answer.statusMessage ?? "",
      answerHeaders(answer.rawHeaders, relocate),
    );
  } catch (error) {
    throw unpassable(name, "a status line or header field that HTTP does not allow", error);
  }
}

/** RFC 8297. Node writes Link alone in a form that it understands; hints in another are no loss. */
function writeEarlyHints(response: ServerResponse, raw: readonly string[]): void {
  const hints: Record<string, string | string[]> = {};
  const links: string[] = [];
  for (const [name, value] of fieldPairs(raw)) {
    if (name.toLowerCase() === "link") links.push(value);
    else hints[name] = value;
  }
  if (links.length === 0) return;
  try {
    response.writeEarlyHints({ ...hints, link: links });
  } catch {
    // One that cannot be written.
  }
}

/** A front's client knows the origin by the front's name alone: redirects within the origin stay with the front. */
export function relocator(origin: string, front: string | undefined): ((location: string) => string) | undefined {
  if (front === undefined) return undefined;
  return (location) => {
    const rest = location.slice(origin.length);
    return location.startsWith(origin) && /^(?:[/?#]|$)/.test(rest) ? `http://${front}${rest}` : location;
  };
}

/** The head of a 101, which node:http has no call for. Its values were read by node:http, so that none holds a line end. */
export function switchingHead({ rawHeaders, headers, statusMessage }: IncomingMessage): Buffer {
  const fields = [
    ...fieldPairs(answerHeaders(rawHeaders)),
    ["Connection", "Upgrade"],
    ["Upgrade", headers.upgrade ?? ""],
  ];
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`HTTP/1.1 101 ${statusMessage || "Switching Protocols"}\r\n${lines.join("")}\r\n`, "latin1");
}

function unpassable(name: string, what: string, cause?: unknown): ConnectError {
  return new ConnectError("HTTP_INVALID", {
    hop: "target",
    message: `${name} answered with ${what}`,
    remedy: "ask who runs the server, or a proxy on the way, to correct its answers",
    cause,
  });
}

function brokenOff(name: string, cause: Error): ConnectError {
  return new ConnectError("HTTP_CLOSED", {
    hop: "target",
    message: `${name} closed the connection in the middle of its answer`,
    remedy:
      "try again; if it happens each time, ask who runs the server, or a proxy or firewall on the way, what ends these connections",
    cause,
  });
}
