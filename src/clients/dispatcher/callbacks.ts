import type { Duplex } from "node:stream";

/**
 * Who is told about a request: undici's callbacks of version 6 and before, which its HTTP/1.1 client and the fetch of
 * Node 20 to 24 speak. Header lists are name, value, name, value…, as bytes.
 */
export interface Listener {
  onConnect(abort: (reason?: Error) => void): void;
  onResponseStarted?(): void;
  /** False asks for a pause until `resume` is called. May come more than once: with 1xx first. */
  onHeaders(status: number, headers: Buffer[], resume: () => void, statusText: string): boolean;
  /** False asks for a pause. */
  onData(chunk: Buffer): boolean;
  onComplete(trailers: Buffer[] | null): void;
  onError(error: Error): void;
  onUpgrade(status: number, headers: Buffer[] | null, socket: Duplex): void;
  onBodySent?(chunk: Buffer): void;
  onRequestSent?(): void;
}
