import { usualProbe } from "./open-connections.js";
import type { Socket } from "node:net";
import type { Address } from "../base/system.js";
import type { Abortable } from "./abortable.js";
import { boundedCall } from "./bounded.js";
import type { Endpoint } from "./endpoint.js";
import { tcpFault, tcpTimeout } from "./faults-network.js";
import { openSocket } from "./own-sockets.js";
import { clearTimeout, setTimeout } from "../base/timers.js";

/**
 * How long one address is tried alone before the next is tried beside it (RFC 8305 section 5). Unlike Node's own
 * autoSelectFamily, an attempt is never ended because its head start is over: slow VPNs need longer than 250 ms.
 */
const headStart = 250;

/** A connection, and the address that answered: its socket would have to ask the kernel. */
export interface Reached {
  readonly socket: Socket;
  readonly address: string;
}

const ignore = (): void => undefined;

/** Connects to the first of the addresses that answers. */
export function connectTcp(
  addresses: readonly Address[],
  endpoint: Endpoint,
  ms: number,
  signal: Abortable | undefined,
  local: Local = { keepAlive: true },
): Promise<Reached> {
  const order = interleave(addresses);
  return boundedCall(
    ms,
    signal,
    () => tcpTimeout(endpoint, ms),
    (resolve, reject) => race(order, { endpoint, local, resolve, reject }),
  );
}

/** How a connection is made at this end. */
interface Local {
  readonly keepAlive: boolean;
  /** Default: the system chooses. */
  readonly localAddress?: string | undefined;
}

interface Race {
  readonly endpoint: Endpoint;
  readonly local: Local;
  readonly resolve: (reached: Reached) => void;
  readonly reject: (error: unknown) => void;
}

/** @returns ends all attempts */
function race(order: readonly Address[], { endpoint, local, resolve, reject }: Race): () => void {
  const open = new Set<Socket>();
  const errors: unknown[] = [];
  let next = 0;
  let timer: NodeJS.Timeout | undefined;

  const stop = (winner?: Socket): void => {
    clearTimeout(timer);
    for (const socket of open) if (socket !== winner) socket.destroy();
    open.clear();
  };
  const attempt = (): void => {
    clearTimeout(timer);
    const address = order[next++];
    if (address === undefined) return;
    // Happy eyeballs is done here, so that every attempt and its error is seen. Keep-alive probes hold
    // idle streams open in the tables of firewalls, which forget a silent connection after minutes.
    const socket = openSocket({
      host: address.address,
      port: endpoint.port,
      family: address.family,
      autoSelectFamily: false,
      noDelay: true,
      keepAlive: local.keepAlive,
      keepAliveInitialDelay: usualProbe,
      ...(local.localAddress !== undefined && { localAddress: local.localAddress }),
    });
    // Between two steps of a dial nobody else listens: a reset there shows at the next step, and must not end the process.
    socket.on("error", ignore);
    open.add(socket);
    const onError = (error: Error): void => {
      if (!open.delete(socket)) return;
      errors.push(error);
      if (next < order.length) attempt();
      else if (open.size === 0) {
        stop();
        reject(tcpFault(errors, endpoint));
      }
    };
    socket.on("error", onError);
    socket.on("connect", () => {
      socket.removeListener("error", onError);
      stop(socket);
      resolve({ socket, address: address.address });
    });
    if (next < order.length) timer = setTimeout(attempt, headStart);
  };
  attempt();
  return () => stop();
}

/** Families take turns, beginning with the one that the resolver put first (RFC 8305 section 4). */
export function interleave(addresses: readonly Address[]): readonly Address[] {
  if (addresses.length < 2) return addresses;
  const first = addresses.filter((a) => a.family === addresses[0]?.family);
  const second = addresses.filter((a) => a.family !== addresses[0]?.family);
  return Array.from({ length: Math.max(first.length, second.length) }, (_, i) => [first[i], second[i]])
    .flat()
    .filter((a) => a !== undefined);
}
