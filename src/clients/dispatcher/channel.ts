import type { Connection } from "../../dial/types.js";
import type { Attempt } from "./exchange.js";
import type { Request } from "./request.js";

export interface Limits {
  /** Milliseconds from the request to the head of the answer. */
  readonly headersTimeout: number;
  /** Milliseconds between two parts of the answer's body. */
  readonly bodyTimeout: number;
}

/** One connection, and the protocol that is spoken on it. */
export interface Channel {
  readonly connection: Connection;
  /** Whether a request may be given to it now. */
  readonly usable: boolean;
  /** The error of requests that were accepted and could not be written any more. */
  readonly spent: Error;
  /** An answer has come on it. Set by the attempts. */
  proven: boolean;
  send(attempt: Attempt): void;
  /** An attempt is over. */
  release(): void;
  /** The socket has become the caller's, by an upgrade or CONNECT. */
  surrender(): void;
  limits(request: Request): Limits;
  /** The server gave the request back without looking at it: it may be sent again, whatever its method. */
  refused(error: Error): boolean;
  /** The server will answer this over HTTP/1.1 alone. */
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
}
