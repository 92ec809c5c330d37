import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { portAskedFor } from "./destination.js";
import { standsForName, type Names } from "./names.js";

/**
 * Ports with an acceptor of their own, so that a connection's port is known without a look into the kernel's table, which takes
 * milliseconds: those of the protocols that are used most.
 */
const knownPorts = [
  80, 443, 22, 21, 25, 143, 389, 465, 587, 636, 873, 993, 3000, 3128, 3306, 5000, 5432, 6379, 8000, 8080, 8081, 8443,
  9000, 9418, 27_017,
];

/** Where the namespace sends connections: to the acceptor of their port, or that of all others. */
export interface Acceptors {
  readonly byPort: ReadonlyMap<number, number>;
  readonly others: number;
}

export interface Accepting {
  readonly names: Names;
  /** The socket is not read yet, and is the callee's. */
  readonly onConnection: (socket: Socket, target: { readonly host: string; readonly port: number }) => void;
  readonly onForgotten: (address: string, wasGiven: boolean) => void;
}

/** Accepts what the command opens, under whatever address; the namespace's rules have led it here. */
export async function startAcceptors(accepting: Accepting): Promise<Acceptors> {
  const start = async (port: number | undefined): Promise<number> => {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, (socket) => {
      void accept(socket, port, accepting);
    });
    return listen(server);
  };
  const known = await Promise.all(knownPorts.map(async (port) => [port, await start(port)] as const));
  return {
    byPort: new Map(known),
    others: await start(undefined),
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "::", 1024, () => {
      server.off("error", reject);
      server.on("error", () => undefined);
      server.unref();
      resolve((server.address() as AddressInfo).port);
    });
  });
}

async function accept(socket: Socket, known: number | undefined, accepting: Accepting): Promise<void> {
  socket.on("error", () => undefined);
  const address = bare(socket.localAddress);
  const [remoteAddress, remotePort] = [bare(socket.remoteAddress), socket.remotePort];
  // Who comes by loopback was not led here, but has looked for this port: there is no target to it.
  if (address === "" || remotePort === undefined || isLoopback(address)) return void socket.resetAndDestroy();
  const port = known ?? (await portAskedFor({ address: remoteAddress, port: remotePort }, isUnusual));
  if (port === undefined) return void socket.resetAndDestroy();
  const name = accepting.names.nameOf(address);
  if (name === undefined && standsForName(address)) {
    accepting.onForgotten(address, accepting.names.wasGiven(address));
    return void socket.resetAndDestroy();
  }
  accepting.onConnection(socket, { host: name ?? address, port });
}

const usual: ReadonlySet<number> = new Set(knownPorts);
const isUnusual = (port: number): boolean => !usual.has(port);

/** IPv4 as an acceptor for both has it. */
const bare = (address = ""): string => address.replace(/^::ffff:(?=\d+\.)/i, "");

const isLoopback = (address: string): boolean => address.startsWith("127.") || address === "::1";
