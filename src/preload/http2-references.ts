import http2, { type ClientHttp2Session } from "node:http2";
import { Duplex } from "node:stream";

type Reference = "ref" | "unref";

let done = false;

/** A connection that swallows all and never says a word. */
const nowhere = (): Duplex => new Duplex({ read: () => undefined, write: (_chunk, _encoding, sent) => sent() });

/**
 * Lets `unref` of an HTTP/2 session reach the connection below. Where that is not a socket of Node's own, the session wraps it in
 * one that has nothing to release, and a program with an idle session would not end. (The wrapper names what it wraps `stream`;
 * should that change, such a program ends when the session's idle time is over.)
 */
export function passReferencesOn(): void {
  if (done) return;
  done = true;
  const session = http2.connect("http://localhost", { createConnection: nowhere });
  session.on("error", () => undefined);
  const prototype = Object.getPrototypeOf(session) as Record<Reference, (this: ClientHttp2Session) => void>;
  session.destroy();
  for (const name of ["ref", "unref"] as const) {
    const original = prototype[name];
    prototype[name] = function (this: ClientHttp2Session) {
      original.call(this);
      const { stream } = this.destroyed
        ? { stream: undefined }
        : (this.socket as { stream?: Partial<Record<Reference, () => void>> });
      stream?.[name]?.();
    };
  }
}
