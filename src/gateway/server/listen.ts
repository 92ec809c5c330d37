import net, { type Server } from "node:net";
import { dirname } from "node:path";
import { codeOf } from "../../base/error-code.js";
import { formatHostPort } from "../../base/hostname.js";
import { inspectSocketPath, makePrivately, removeSocketFile } from "../../env/index.js";
import {
  cannotListen,
  inUse,
  invalidPort,
  longSocketPath,
  noSocket,
  noUnixSockets,
  notLoopback,
  relativeSocketPath,
} from "../faults-listen.js";
import type { GatewayAddress } from "../types.js";

/** Where a server listens in the end. */
export interface Listening {
  /** `http://127.0.0.1:port`, or `unix:/path`. */
  readonly url: string;
  /** Undefined for a Unix socket. */
  readonly host: string | undefined;
  readonly port: number | undefined;
}

/** What the kernel keeps of a socket's path (sockaddr_un), the closing zero left out; macOS has four bytes less. */
const longestPath = 103;

/**
 * Starts to listen, on loopback or a Unix socket and nowhere else.
 * @throws {ConnectError} CONFIG_INVALID, which names the address, why it cannot be had, and what to do
 */
export async function listen(server: Server, address: GatewayAddress): Promise<Listening> {
  return "path" in address ? listenOnPath(server, address.path) : listenOnPort(server, address);
}

async function listenOnPort(
  server: Server,
  { host = "127.0.0.1", port = 0 }: { readonly host?: string; readonly port?: number },
): Promise<Listening> {
  if (host !== "127.0.0.1" && host !== "::1") {
    throw notLoopback();
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw invalidPort();
  }
  await begin(server, formatHostPort(host, port), () => server.listen({ host, port }));
  const bound = server.address();
  const real = typeof bound === "object" && bound !== null ? bound.port : port;
  return { url: `http://${formatHostPort(host, real)}`, host, port: real };
}

async function listenOnPath(server: Server, path: string): Promise<Listening> {
  if (process.platform === "win32") {
    throw noUnixSockets();
  }
  if (!path.startsWith("/")) throw relativeSocketPath();
  if (Buffer.byteLength(path) > longestPath) {
    throw longSocketPath(longestPath);
  }
  await makeRoom(path);
  await begin(server, path, () => makePrivately(() => server.listen({ path })));
  return { url: `unix:${path}`, host: undefined, port: undefined };
}

function begin(server: Server, shown: string, start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => {
      server.off("listening", onListening);
      reject(cannotListen(shown, error));
    };
    const onListening = (): void => {
      server.off("error", onError);
      // Running out of descriptors is told with each connection that cannot be accepted, and must not end the process.
      server.on("error", () => undefined);
      resolve();
    };
    server.once("error", onError);
    server.once("listening", onListening);
    try {
      start();
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

/** Takes away a socket that nobody listens on any more: what a program leaves behind that was killed. */
async function makeRoom(path: string): Promise<void> {
  let place;
  try {
    // Of a missing folder libuv says EACCES.
    if ((await inspectSocketPath(dirname(path))) === "free")
      throw Object.assign(new Error("no folder"), { code: "ENOENT" });
    place = await inspectSocketPath(path);
  } catch (error) {
    throw cannotListen(path, error);
  }
  if (place === "free") return;
  if (place === "something else") {
    throw noSocket(path);
  }
  const answer = await knock(path);
  if (answer === "") throw inUse(path);
  if (answer !== "ECONNREFUSED") throw cannotListen(path, Object.assign(new Error(answer), { code: answer }));
  await removeSocketFile(path);
}

/** Empty where somebody listens, else the code of the error. */
function knock(path: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve("");
    });
    socket.once("error", (error) => resolve(codeOf(error)));
  });
}
