import net, { type Socket } from "node:net";
import { Duplex } from "node:stream";
import tls from "node:tls";
import { Relay, type Handle, type Open } from "./relay.js";

type HandleClass = new () => Handle;

let handleClass: HandleClass | undefined;

/**
 * The class of the handles by which Node itself speaks TLS over streams that are no sockets. TLS over one leads to it; without authorities,
 * since Node would read all of its own.
 */
function findHandleClass(): HandleClass {
  const nowhere = new Duplex({ read: () => undefined, write: (_chunk, _encoding, written) => written() });
  const over = new tls.TLSSocket(nowhere, { secureContext: tls.createSecureContext({ ca: [] }) });
  over.on("error", () => undefined);
  const { _parent } = (over as unknown as { readonly _handle: { readonly _parent: object } })._handle;
  over.destroy();
  return _parent.constructor as HandleClass;
}

/** By which Node gives a socket another handle, and sets both up for each other. */
const reinitialize = Object.getOwnPropertySymbols(net.Socket.prototype).find(
  ({ description }) => description === "kReinitializeHandle",
);

interface Internals {
  readonly [method: symbol]: ((handle: Handle) => void) | undefined;
  readonly _handle: unknown;
  _reset(): void;
  /** What it has been told of the other end. */
  _peername: unknown;
}

interface Connecting {
  /** What is connected to. */
  readonly host: string;
  readonly callback: (() => void) | undefined;
  readonly open: Open;
}

/**
 * Connects a program's own socket as `open` has it. It stays the object that it is, and Node does with it what it does with any other, since
 * all that is ours lies below, in the place of the system's connection: its states, events, buffers, timers, `onread`, ends, TLS on it.
 * @param connect Node's own method
 */
export function connectRelayed(
  socket: Socket,
  connect: (...given: unknown[]) => Socket,
  { host, callback, open }: Connecting,
): void {
  const internals = socket as unknown as Internals;
  const give = reinitialize && internals[reinitialize];
  if (give === undefined) throw new TypeError("this version of Node has sockets of a kind that is not known here");
  handleClass ??= findHandleClass();
  const handle = new handleClass();
  new Relay(handle, socket, open).install();
  // Of an earlier connection.
  internals._peername = null;
  give.call(socket, handle);
  allowReset(socket, internals, handle);
  // A connection to a path takes no steps in between: it comes to the handle at once.
  const begin = (): unknown =>
    Reflect.apply(connect, socket, callback === undefined ? [{ path: host }] : [{ path: host }, callback]);
  withoutAttempt(socket, begin);
}

/** Node resets what has a handle of the system's alone, and tells that by its class. */
function allowReset(socket: Socket, internals: Internals, handle: Handle): void {
  const value = (): Socket => {
    // It may have been connected once more.
    if (internals._handle !== handle) return net.Socket.prototype.resetAndDestroy.call(socket);
    if (socket.connecting) socket.once("connect", () => internals._reset());
    else internals._reset();
    return socket;
  };
  Object.defineProperty(socket, "resetAndDestroy", { value, writable: true, configurable: true });
}

/** To what address it is attempted is known to no one yet, and Node would tell of the path. */
function withoutAttempt(socket: Socket, begin: () => void): void {
  const own = Object.getOwnPropertyDescriptor(socket, "emit");
  const emit: (event: string | symbol, ...told: unknown[]) => boolean = socket.emit.bind(socket);
  Object.defineProperty(socket, "emit", {
    value: (event: string | symbol, ...told: unknown[]) => event !== "connectionAttempt" && emit(event, ...told),
    configurable: true,
  });
  try {
    begin();
  } finally {
    if (own === undefined) Reflect.deleteProperty(socket, "emit");
    else Object.defineProperty(socket, "emit", own);
  }
}
