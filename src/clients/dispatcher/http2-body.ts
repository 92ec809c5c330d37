import { pipeline, Readable, Transform } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import type { ClientHttp2Stream } from "node:http2";
import { loadUndici, type UndiciCore } from "../undici.js";

/** A request's body, ready to be written, with what its headers should say of it. */
export interface Body {
  readonly length: number | undefined;
  readonly type: string | undefined;
  readonly content: Buffer | Readable;
}

export interface Writing {
  sent(chunk: Buffer): void;
  finished(): void;
  /** The stream took no more. */
  failed(error: Error): void;
  /** The body itself is at fault. */
  wrong(error: Error): void;
}

/** Every kind of body that undici takes for HTTP/1.1. Throws its InvalidArgumentError for others. */
export function readBody(body: unknown, undici: UndiciCore): Body | undefined {
  if (body === undefined || body === null || body === "") return undefined;
  const bytes = asBytes(body);
  if (bytes !== undefined)
    return bytes.length === 0 ? undefined : { content: bytes, length: bytes.length, type: undefined };
  if (body instanceof Readable) return { content: body, length: undefined, type: undefined };
  if (typeof body === "object") {
    if (tagOf(body) === "FormData") return formBody(body);
    if ("stream" in body && typeof body.stream === "function") return blobBody(body as Blob);
    if (Symbol.asyncIterator in body || Symbol.iterator in body) {
      return {
        content: Readable.from(body as AsyncIterable<Uint8Array>, { objectMode: false }),
        length: undefined,
        type: undefined,
      };
    }
  }
  throw new undici.errors.InvalidArgumentError(
    "body must be a string, a Buffer, a Readable stream, an iterable, or an async iterable",
  );
}

/** `declared`: how many bytes the caller says there are. */
export function writeBody(
  stream: ClientHttp2Stream,
  { content }: Body,
  declared: number | undefined,
  undici: UndiciCore,
  writing: Writing,
): void {
  if (Buffer.isBuffer(content)) {
    stream.end(content);
    writing.sent(content);
    writing.finished();
    return;
  }
  watchSource(content, stream, undici, writing);
  const done = (error: Error | null | undefined): void => {
    if (error === null || error === undefined) writing.finished();
    // The answer may be complete before the body is; then nobody wants the rest of it.
    else if (!stream.readableEnded) writing.failed(error);
  };
  content.on("data", (chunk: Buffer | string) => writing.sent(Buffer.from(chunk)));
  if (declared === undefined) pipeline(content, stream, done);
  else pipeline(content, exactly(declared, undici), stream, done);
}

/** Tells of a source that fails by itself, before its pipeline makes that look like a failure of the connection. */
function watchSource(content: Readable, stream: ClientHttp2Stream, undici: UndiciCore, writing: Writing): void {
  const ended = (error: Error | null): void => {
    if (!content.readableEnded && !stream.destroyed && !stream.closed)
      writing.wrong(error ?? new undici.errors.RequestAbortedError());
  };
  if (content.destroyed) ended(content.errored);
  content.once("error", ended);
  content.once("close", () => ended(content.errored));
}

/** Sends no byte more, and no end before the last: the server would answer for a mistake that it did not make. */
function exactly(length: number, undici: UndiciCore): Transform {
  let left = length;
  const mismatch = (): Error => new undici.errors.RequestContentLengthMismatchError();
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      left -= chunk.length;
      if (left < 0) done(mismatch());
      else done(null, chunk);
    },
    flush(done) {
      done(left === 0 ? null : mismatch());
    },
  });
}

function asBytes(body: unknown): Buffer | undefined {
  if (typeof body === "string") return Buffer.from(body);
  if (ArrayBuffer.isView(body)) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return body instanceof ArrayBuffer ? Buffer.from(body) : undefined;
}

function formBody(form: object): Body {
  // Only the implementation that a form came from can encode it.
  const { Response } = form instanceof globalThis.FormData ? globalThis : loadUndici();
  const encoded = new (Response as typeof globalThis.Response)(form as FormData);
  return { content: fromWeb(encoded.body), length: undefined, type: encoded.headers.get("content-type") ?? undefined };
}

function blobBody(blob: Blob): Body {
  return {
    content: fromWeb(blob.stream()),
    length: typeof blob.size === "number" ? blob.size : undefined,
    type: blob.type || undefined,
  };
}

function tagOf(body: object): unknown {
  return (body as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
}

function fromWeb(body: unknown): Readable {
  return Readable.fromWeb(body as ReadableStream);
}
