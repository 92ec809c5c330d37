import net from "node:net";
import tls from "node:tls";

/** Node's own. */
export interface Originals {
  readonly connect: typeof net.connect;
  readonly connectTls: typeof tls.connect;
  /** Absent where an older copy of this package was first. */
  readonly connectSocket?: net.Socket["connect"];
}

/** Global, since the preload and a copy of this package that a program brings along are bundles of their own. */
const key = Symbol.for("sallyport.sockets");

/**
 * Called by who puts something in the place of node:net's and node:tls's functions, before what they open could come to the dialer: what
 * that opens is out of its reach from then on. The first call counts.
 */
export function keepOriginals(originals: Originals): void {
  if (!(key in globalThis)) Object.defineProperty(globalThis, key, { value: originals });
}

const kept = (): Originals | undefined => (globalThis as { [key]?: Originals })[key];

/**
 * A connection of the dialer's own. Where the preload is at work, that would otherwise take it for one of the program's, which it
 * is to make: and so make another one, for ever.
 */
export function openSocket(options: net.TcpNetConnectOpts): net.Socket {
  const { connect = net.connect, connectSocket } = kept() ?? {};
  if (connectSocket === undefined) return connect(options);
  // What node:net's function does, but for those who have replaced the method since.
  return Reflect.apply(connectSocket, new net.Socket(options), [options]) as net.Socket;
}

/** TLS of the dialer's own, on a socket of its own. */
export function openTls(options: tls.ConnectionOptions & { readonly socket: net.Socket }): tls.TLSSocket {
  return (kept()?.connectTls ?? tls.connect)(options);
}
