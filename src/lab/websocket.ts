import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const MAX_MESSAGE = 16 * 1024 * 1024;

/** RFC 6455 section 5.2. */
const OPCODE = { continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const;

export interface EchoOptions {
  /** Send the first message back and fall silent; default false. */
  readonly stalls?: boolean;
}

/** Answers an upgrade and sends each message back as it came (RFC 6455; no extensions). The first subprotocol offered is taken. */
export function echoWebSocket(request: IncomingMessage, socket: Duplex, head: Buffer, options: EchoOptions = {}): void {
  const key = request.headers["sec-websocket-key"];
  if (request.headers.upgrade?.toLowerCase() !== "websocket" || key === undefined) {
    socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    return;
  }
  if (request.headers["sec-websocket-version"] !== "13") {
    socket.end(
      "HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    );
    return;
  }
  const protocol = request.headers["sec-websocket-protocol"]?.split(",")[0]?.trim();
  socket.write(
    [
      "HTTP/1.1 101 Switching Protocols",
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Accept: ${createHash("sha1")
        .update(key + GUID)
        .digest("base64")}`,
      ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
      "\r\n",
    ].join("\r\n"),
  );

  const echo = new Echo(socket, options.stalls ?? false);
  let pending: Buffer = head;
  const consume = (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (let frame = readFrame(pending); frame !== undefined; frame = readFrame(pending)) {
      if (typeof frame === "number") return echo.close(frame);
      pending = pending.subarray(frame.size);
      echo.take(frame);
    }
  };
  socket.on("data", consume);
  socket.on("end", () => socket.end());
  consume(Buffer.alloc(0));
}

interface Frame {
  readonly final: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
  /** Octets that the frame takes up, head included. */
  readonly size: number;
}

/** A frame, undefined when more octets are needed, or the close code that the sender has earned. */
function readFrame(bytes: Buffer): Frame | number | undefined {
  if (bytes.length < 2) return undefined;
  const first = bytes.readUInt8(0);
  const second = bytes.readUInt8(1);
  const opcode = first & 0x0f;
  const final = (first & 0x80) !== 0;
  // No extension was agreed, and a client masks all that it sends (section 5.1).
  if ((first & 0x70) !== 0 || (second & 0x80) === 0) return 1002;
  if (opcode >= OPCODE.close && (!final || (second & 0x7f) > 125)) return 1002;

  let length = second & 0x7f;
  let offset = 2;
  if (length === 126) {
    if (bytes.length < 4) return undefined;
    length = bytes.readUInt16BE(2);
    offset = 4;
  } else if (length === 127) {
    if (bytes.length < 10) return undefined;
    length = Number(bytes.readBigUInt64BE(2));
    offset = 10;
  }
  if (length > MAX_MESSAGE) return 1009;
  const size = offset + 4 + length;
  if (bytes.length < size) return undefined;
  const mask = bytes.subarray(offset, offset + 4);
  const payload = Buffer.from(bytes.subarray(offset + 4, size));
  for (let at = 0; at < length; at++) payload[at] = (payload[at] ?? 0) ^ (mask[at & 3] ?? 0);
  return { final, opcode, payload, size };
}

class Echo {
  readonly #socket: Duplex;
  readonly #stalls: boolean;
  #silent = false;
  #opcode: number = OPCODE.continuation;
  #parts: Buffer[] = [];
  #closed = false;

  constructor(socket: Duplex, stalls: boolean) {
    this.#socket = socket;
    this.#stalls = stalls;
  }

  take(frame: Frame): void {
    if (this.#closed || this.#silent) return;
    switch (frame.opcode) {
      case OPCODE.continuation:
        return this.#opcode === OPCODE.continuation ? this.close(1002) : this.#collect(frame);
      case OPCODE.text:
      case OPCODE.binary:
        if (this.#opcode !== OPCODE.continuation) return this.close(1002);
        this.#opcode = frame.opcode;
        return this.#collect(frame);
      case OPCODE.close:
        // The same code back, or none where none came (section 5.5.1).
        return this.close(frame.payload.length >= 2 ? frame.payload.readUInt16BE(0) : undefined);
      case OPCODE.ping:
        return this.#send(OPCODE.pong, frame.payload);
      case OPCODE.pong:
        return;
      default:
        return this.close(1002);
    }
  }

  close(code: number | undefined): void {
    if (this.#closed) return;
    const payload = Buffer.alloc(code === undefined ? 0 : 2);
    if (code !== undefined) payload.writeUInt16BE(code);
    this.#send(OPCODE.close, payload);
    this.#closed = true;
    this.#socket.end();
  }

  #collect(frame: Frame): void {
    this.#parts.push(frame.payload);
    if (this.#parts.reduce((sum, part) => sum + part.length, 0) > MAX_MESSAGE) return this.close(1009);
    if (!frame.final) return;
    const message = Buffer.concat(this.#parts);
    const opcode = this.#opcode;
    this.#parts = [];
    this.#opcode = OPCODE.continuation;
    if (opcode === OPCODE.text && !isUtf8(message)) return this.close(1007);
    this.#send(opcode, message);
    this.#silent = this.#stalls;
  }

  #send(opcode: number, payload: Buffer): void {
    if (!this.#socket.writable) return;
    this.#socket.write(Buffer.concat([frameHead(opcode, payload.length), payload]));
  }
}

function frameHead(opcode: number, length: number): Buffer {
  const first = 0x80 | opcode;
  if (length < 126) return Buffer.of(first, length);
  if (length < 0x10000) return Buffer.of(first, 126, length >> 8, length & 0xff);
  const head = Buffer.alloc(10);
  head.writeUInt8(first, 0);
  head.writeUInt8(127, 1);
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}
