import type { ClientHttp2Session } from "node:http2";
import net from "node:net";
import { Duplex } from "node:stream";
import tls from "node:tls";
import { getter, inTheLikenessOf } from "./likeness.js";
import { PendingSocket } from "./pending-socket.js";

type Reference = "ref" | "unref";

let done = false;

/** A connection that swallows all and never says a word. */
const nowhere = (): Duplex => new Duplex({ read: () => undefined, write: (_chunk, _encoding, sent) => sent() });

/**
 * An HTTP/2 session wraps a connection that is not a socket of Node's own, in a wrapper that knows nothing of TLS, takes it for
 * connected, and has nothing to release. Here the wrapper learns all that from the connection below. To be called before a session is made.
 * (The wrapper names what it wraps `stream`. Should that change, a session says that it is without TLS, and a program with an idle one
 * ends when the session's idle time is over.)
 */
export function dressHttp2Sockets(): void {
  if (done) return;
  done = true;
  const http2 = process.getBuiltinModule("node:http2");
  const session = http2.connect("http://localhost", { createConnection: nowhere });
  session.on("error", () => undefined);
  const ofSession = Object.getPrototypeOf(session) as object;
  const ofWrapper = Object.getPrototypeOf(session.socket) as object;
  session.destroy();
  passReferencesOn(ofSession);
  passStateOn(ofWrapper);
}

function passReferencesOn(prototype: object): void {
  const session = prototype as Record<Reference, (this: ClientHttp2Session) => void>;
  for (const name of ["ref", "unref"] as const) {
    const original = session[name];
    session[name] = function (this: ClientHttp2Session) {
      original.call(this);
      const { stream } = this.destroyed
        ? { stream: undefined }
        : (this.socket as { stream?: Partial<Record<Reference, () => void>> });
      stream?.[name]?.();
    };
  }
}

/** What a session asks its socket for, and a program its session's. Instances have them, and no prototype that could be copied from. */
const state = [
  "encrypted",
  "authorized",
  "authorizationError",
  "alpnProtocol",
  "secureConnecting",
  "servername",
] as const;

const below = new WeakMap<object, PendingSocket>();

function passStateOn(wrapper: object): void {
  // It is a net.Socket in how it works: what it tells is the connection's.
  const ofNet = Object.entries(Object.getOwnPropertyDescriptors(net.Socket.prototype));
  const works = Object.fromEntries(ofNet.filter(([, { get }]) => get === undefined));
  const own = Object.create(null, { ...works, ...Object.getOwnPropertyDescriptors(wrapper) }) as object;
  const ofTls = inTheLikenessOf(tls.TLSSocket.prototype, own, {
    descends: true,
    standIn: (each) => below.get(each),
  });
  for (const name of state) {
    const stated = getter(name, (each) => ({ joined: below.get(each), whenJoined: () => undefined }));
    Object.defineProperty(ofTls, name, stated);
  }
  // The session's origin is made from this, and is the server's, whatever proxy is at the other end.
  Object.defineProperty(ofTls, "remotePort", {
    get(this: object) {
      const pending = below.get(this);
      return pending?.target?.port ?? pending?.joined?.remotePort;
    },
    configurable: true,
  });
  const streams = new WeakMap<object, unknown>();
  const stream: PropertyDescriptor = {
    get(this: object) {
      return streams.get(this);
    },
    set(this: NodeJS.EventEmitter, value: unknown) {
      streams.set(this, value);
      if (!PendingSocket.is(value)) return;
      below.set(this, value);
      if (value.encrypted) Object.setPrototypeOf(this, ofTls);
      // The wrapper reads, and the session begins, then.
      for (const event of ["connect", "secureConnect"]) value.once(event, () => this.emit(event));
    },
    configurable: true,
  };
  const connecting: PropertyDescriptor = {
    get(this: object) {
      return below.get(this)?.connecting ?? false;
    },
    // Said by the wrapper's maker, of a connection that it cannot ask.
    set: () => undefined,
    configurable: true,
  };
  for (const prototype of [wrapper, ofTls]) Object.defineProperties(prototype, { stream, connecting });
}
