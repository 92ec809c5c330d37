import type { Duplex } from "node:stream";
import type { Connection, ForwardedRequest } from "../../dial/types.js";
import type { KeptBody } from "./kept-body.js";
import type { Listener } from "./listener.js";
import type { Request } from "./request.js";

export interface Limits {
  /** Milliseconds from the request to the head of the answer. */
  readonly headersTimeout: number;
  /** Milliseconds between two parts of the answer's body. */
  readonly bodyTimeout: number;
}

/** A request as a channel gets it, and whom it tells what becomes of it. */
export interface Sending extends Listener {
  readonly request: Request;
  /** Somebody still waits for its answer. */
  readonly isWanted: boolean;
  /** The body as it is to be sent to a proxy that may refuse its login. */
  readonly keptBody: KeptBody | undefined;
  /** It goes to a proxy in absolute form. */
  forwardedAs(forwarded: ForwardedRequest): void;
  /** Called right before they are written, behind `onConnect`; `text` is only asked for where somebody wants to know. */
  onHeadersWritten(socket: Duplex, text: () => string): void;
  onResponseStarted(): void;
  /** The server has said that it did not look at the request: `onError` follows. */
  onUnread(): void;
  onBodySent(chunk: Buffer): void;
  onRequestSent(): void;
  /** The request itself, or its body, is at fault: nothing that the network did, whatever the error's code says. */
  onLocalError(error: Error): void;
}

/** One connection, and the protocol that is spoken on it. */
export interface Channel {
  readonly connection: Connection;
  /** Whether a request may be given to it now. */
  readonly usable: boolean;
  /** The error of requests that were accepted and could not be written any more. */
  readonly spent: Error;
  /** An answer has come on it. Set by what is sent on it. */
  proven: boolean;
  send(attempt: Sending): void;
  /** What was sent is over. */
  release(): void;
  /** The socket has become the caller's, by an upgrade or CONNECT. */
  surrender(): void;
  limits(request: Request): Limits;
  /** The server gave the request back without looking at it: it may be sent again, whatever its method. */
  refused(error: Error): boolean;
  /** The server will answer this over HTTP/1.1 alone, as its origin is asked from now on. */
  wantsHttp1(error: Error): boolean;
  /** Ends the connection. Only called when nothing is under way, or after those requests were failed. */
  destroy(error?: Error): void;
  /** Resolves when the connection is gone. */
  readonly gone: Promise<void>;
}

export interface ChannelEvents {
  /** It may take another request. */
  free(): void;
  closed(): void;
  /** The server insists on HTTP/1.1. */
  http1Only(): void;
}
