import type { Socket } from "node:net";
import type { ResponseHead } from "../response-head.js";

/** A refusal's page may be large; beyond this another connection is cheaper. In bytes. */
const mostSkipped = 2 * 1024 * 1024;

/**
 * Reads past the body of an answer, so that the next request may follow on its connection.
 * @returns whether it may: false where the connection ends with this answer, or nobody can tell where its body ends
 */
export function skipBody(socket: Socket, head: ResponseHead): Promise<boolean> {
  const body = head.keepsConnection ? bodyOf(head) : undefined;
  if (body === undefined) return Promise.resolve(false);
  let state = body.push(head.rest);
  if (state !== "more") return Promise.resolve(state === "end" && !socket.destroyed);
  return new Promise((resolve) => {
    const finish = (ended: boolean): void => {
      socket.removeListener("readable", onReadable);
      socket.removeListener("end", onEnd);
      socket.removeListener("close", onEnd);
      resolve(ended);
    };
    const onEnd = (): void => finish(false);
    const onReadable = (): void => {
      const chunk: unknown = socket.read();
      if (!Buffer.isBuffer(chunk)) return;
      state = body.push(chunk);
      if (state !== "more") finish(state === "end");
    };
    socket.on("readable", onReadable);
    socket.once("end", onEnd);
    socket.once("close", onEnd);
    if (socket.destroyed) onEnd();
  });
}

interface Body {
  /** `end`: this piece ends with the body. `lost`: it is too long, is not what was announced, or something follows it. */
  push(piece: Buffer): "more" | "end" | "lost";
}

/** RFC 9112 section 6.3. */
function bodyOf({ headers }: ResponseHead): Body | undefined {
  const encoding = headers.get("transfer-encoding");
  if (encoding !== undefined) return /(?:^|,)\s*chunked\s*$/i.test(encoding) ? new ChunkedBody() : undefined;
  const length = headers.get("content-length");
  return length !== undefined && /^\d+$/.test(length) ? new CountedBody(Number(length)) : undefined;
}

class CountedBody implements Body {
  #left: number;

  constructor(length: number) {
    this.#left = length;
  }

  push(piece: Buffer): "more" | "end" | "lost" {
    if (this.#left > mostSkipped) return "lost";
    this.#left -= piece.length;
    return this.#left > 0 ? "more" : this.#left === 0 ? "end" : "lost";
  }
}

/** RFC 9112 section 7.1. */
class ChunkedBody implements Body {
  #kept: Buffer = Buffer.alloc(0);
  #seen = 0;
  /** Bytes of a chunk, with its line end, that are still to come. */
  #left = 0;
  #inTrailers = false;

  push(piece: Buffer): "more" | "end" | "lost" {
    this.#seen += piece.length;
    if (this.#seen > mostSkipped) return "lost";
    let bytes: Buffer = this.#kept.length === 0 ? piece : Buffer.concat([this.#kept, piece]);
    for (;;) {
      if (this.#left >= bytes.length) {
        this.#left -= bytes.length;
        this.#kept = Buffer.alloc(0);
        return "more";
      }
      bytes = bytes.subarray(this.#left);
      this.#left = 0;
      const end = bytes.indexOf("\r\n");
      if (end === -1) {
        this.#kept = bytes;
        // Of a size, or of a trailer.
        return bytes.length > 8192 ? "lost" : "more";
      }
      const line = bytes.toString("latin1", 0, end);
      bytes = bytes.subarray(end + 2);
      if (this.#inTrailers) {
        if (line === "") return bytes.length === 0 ? "end" : "lost";
        continue;
      }
      const size = /^[0-9a-f]{1,7}(?=\s*(?:;|$))/i.exec(line)?.[0];
      if (size === undefined) return "lost";
      this.#left = Number.parseInt(size, 16);
      if (this.#left === 0) this.#inTrailers = true;
      else this.#left += 2;
    }
  }
}
