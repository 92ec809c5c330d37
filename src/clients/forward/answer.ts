import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { findConnectError, type ConnectError } from "../../base/errors.js";
import { brokenOff, unaskedCoding, unpassableHead } from "../faults-forward.js";
import { addTrailers, answerFields, fieldPairs, has, revalued, without } from "./headers.js";
import { setImmediate } from "../../base/timers.js";

export interface Relay {
  readonly response: ServerResponse;
  /** `host:port` of the target, for messages. */
  readonly name: string;
  /** Gives another value for Location. */
  readonly relocate?: ((location: string) => string) | undefined;
  /** Called once where the answer breaks off on its way: nothing may look like its end to the client. */
  readonly broken: (fault: ConnectError, response: ServerResponse) => void;
}

/**
 * Passes an answer on to the client, piece by piece as it comes.
 * @throws {ConnectError} HTTP_INVALID for an answer that cannot be passed on; nothing has been written then
 */
export function relayAnswer(answer: IncomingMessage, relay: Relay): void {
  const { response, name, broken } = relay;
  const coding = answer.headers["transfer-encoding"]?.toLowerCase() ?? "chunked";
  if (coding !== "chunked" && coding !== "identity") throw unaskedCoding(name);
  writeHead(answer, relay);
  // Head and first piece go out as one where they came as one; an event stream's head does not wait for its first event.
  setImmediate(() => {
    if (!response.writableEnded && !response.destroyed) response.flushHeaders();
  });
  answer.once("end", () => addTrailers(response, answer.rawTrailers));
  // node:http destroys an answer that ends too early with an error.
  answer.once("error", (error) => {
    if (response.writableFinished || response.destroyed) return;
    broken(findConnectError(error) ?? brokenOff(name, error), response);
  });
  answer.pipe(response);
}

/**
 * Passes on what comes before the answer (RFC 9110 section 15.2). It is written past the flow control of the answer, so that an upstream
 * could fill the memory with it: where the client does not read, the upstream is not read either.
 */
export function relayInterim(upstream: ClientRequest, request: IncomingMessage, response: ServerResponse): void {
  if (request.httpVersion === "1.0") return;
  let holding = false;
  const holdBack = ({ socket }: ClientRequest, client: Duplex): void => {
    holding = true;
    // node:http sets the socket going again behind each message that it has read.
    process.nextTick(() => socket?.pause());
    client.once("drain", () => {
      holding = false;
      socket?.resume();
    });
  };
  upstream.on("information", ({ statusCode, statusMessage, rawHeaders }) => {
    const { socket } = response;
    // An answer that waits for the one before it has no place for them yet. 100 is said to whoever waits for it alone.
    if (response.headersSent || socket === null || statusCode === 100) return;
    // node:http has calls for two of them, and for a few of their fields.
    socket.write(headOf(statusCode, statusMessage, answerFields(rawHeaders)));
    if (socket.writableNeedDrain && !holding) holdBack(upstream, socket);
  });
}

function writeHead(answer: IncomingMessage, { response, name, relocate }: Relay): void {
  const status = answer.statusCode ?? 502;
  // Without one of its own the answer has none: what stands in between is no origin.
  response.sendDate = false;
  let fields = answerFields(answer.rawHeaders);
  if (relocate !== undefined) fields = revalued(fields, "location", relocate);
  // Node refuses to announce trailers where there are no chunks for them to follow.
  if (!isChunked(response, status, fields)) fields = without(fields, "trailer");
  try {
    response.writeHead(status, answer.statusMessage ?? "", fields);
  } catch (error) {
    throw unpassableHead(name, error);
  }
}

/** Whether node:http will send the answer in chunks. */
function isChunked({ req }: ServerResponse, status: number, fields: readonly string[]): boolean {
  const hasBody = req.method !== "HEAD" && status !== 204 && status !== 304;
  return hasBody && req.httpVersion !== "1.0" && !has(fields, "content-length");
}

/** The head of a 101, which node:http has no call for. */
export function switchingHead({ rawHeaders, headers, statusMessage }: IncomingMessage): Buffer {
  const fields = [...answerFields(rawHeaders), "Connection", "Upgrade", "Upgrade", headers.upgrade ?? ""];
  return headOf(101, statusMessage || "Switching Protocols", fields);
}

/** Its values were read by node:http, so that none holds a line end. */
function headOf(status: number, reason: string | undefined, fields: readonly string[]): Buffer {
  const lines = fieldPairs(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`HTTP/1.1 ${status} ${reason ?? ""}\r\n${lines.join("")}\r\n`, "latin1");
}
