import { putMethod } from "../base/own-method.js";
import type { Socket } from "node:net";
import { isConnectError, type ConnectError } from "../base/errors.js";

/** Explains what ended a socket; `error` is undefined where it just closed. Undefined: nothing of ours to say. */
export type Explain = (error: Error | undefined) => ConnectError | undefined;

const faults = new WeakMap<Socket, ConnectError>();

/**
 * Why a socket from `dial` ended, where that is known. Clients that hide a socket's error behind one of their own
 * ("other side closed", "socket hang up") can ask here.
 */
export function connectionFault(socket: Socket): ConnectError | undefined {
  return faults.get(socket);
}

interface Watch {
  readonly destroy: Socket["_destroy"];
  /** The last one, who knows most, is asked first. */
  readonly explains: Explain[];
}

const watchKey = Symbol("watch");
type Watched = Socket & { [watchKey]?: Watch };

/** One function for all sockets: where each has its own, V8 keeps them, and what belongs to them, from the young collector. */
const destroyWatched: Socket["_destroy"] = function destroyWatched(this: Watched, error, callback) {
  const fault = tell(this, error ?? undefined);
  // A socket that was closed without an error stays so: the fault is kept for who asks.
  this[watchKey]?.destroy.call(this, error === null ? null : (fault ?? error), callback);
};

function tell(socket: Watched, error: Error | undefined): ConnectError | undefined {
  const known = faults.get(socket);
  if (known !== undefined) return known;
  let fault = isConnectError(error) ? error : undefined;
  for (const explain of socket[watchKey]?.explains ?? []) fault ??= explain(error);
  if (fault !== undefined) faults.set(socket, fault);
  return fault;
}

/**
 * From now on, what ends this socket is told as `explain` tells it. That must happen inside `_destroy`: it is the last
 * moment at which the TLS state can still be asked, and the error given there is the one that every listener gets.
 */
export function watchSocket(socket: Socket, explain: Explain): void {
  const watched: Watched = socket;
  const before = watched[watchKey];
  if (before !== undefined) {
    before.explains.unshift(explain);
    return;
  }
  watched[watchKey] = { destroy: socket._destroy, explains: [explain] };
  putMethod(socket, "_destroy", destroyWatched);
  // An alert after the handshake is emitted as an error without a destroy; and a client may have destroyed the socket at the
  // peer's FIN, just before the alert that explains it is read.
  if (!("encrypted" in socket)) return;
  socket.on("_tlsError", (error: Error) => {
    const fault = tell(socket, error);
    if (fault !== undefined) replaceNext(socket, error, fault);
  });
}

/** The error that is about to be emitted is emitted as the fault. Takes itself away, so that nothing is paid for other events. */
function replaceNext(socket: Socket, error: Error, fault: ConnectError): void {
  const emit: (event: string | symbol, ...args: unknown[]) => boolean = socket.emit.bind(socket);
  putMethod(socket, "emit", (event: string | symbol, ...args: unknown[]): boolean => {
    socket.emit = emit;
    return emit(event, ...args.map((argument) => (argument === error ? fault : argument)));
  });
}
