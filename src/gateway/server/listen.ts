import net, { type Server } from "node:net";
import { dirname } from "node:path";
import { codeOf } from "../../base/error-code.js";
import { ConnectError } from "../../base/errors.js";
import { formatHostPort } from "../../base/hostname.js";
import { inspectSocketPath, makePrivately, removeSocketFile } from "../../env/index.js";
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
    throw unusable(
      "the gateway listens on loopback only, but was given another address",
      "listen on 127.0.0.1, ::1, or a Unix socket; to reach it from elsewhere, use ssh -L",
    );
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw unusable("the gateway's port must be a number from 0 to 65535", "leave it out to get any free port");
  }
  await begin(server, formatHostPort(host, port), () => server.listen({ host, port }));
  const bound = server.address();
  const real = typeof bound === "object" && bound !== null ? bound.port : port;
  return { url: `http://${formatHostPort(host, real)}`, host, port: real };
}

async function listenOnPath(server: Server, path: string): Promise<Listening> {
  if (process.platform === "win32") {
    throw unusable("Unix sockets are not served on Windows", "listen on 127.0.0.1 or ::1");
  }
  if (!path.startsWith("/"))
    throw unusable("the path of the gateway's socket is not absolute", "write the whole path, beginning with /");
  if (Buffer.byteLength(path) > longestPath) {
    throw unusable(
      `the path of the gateway's socket is longer than ${longestPath} bytes`,
      "choose a shorter one, in /run/user or /tmp",
    );
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
    throw unusable(
      `${path} exists, and is not a socket`,
      "choose another path for the gateway's socket, or move that file away",
    );
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

function cannotListen(shown: string, cause: unknown): ConnectError {
  const code = codeOf(cause);
  switch (code) {
    case "EADDRINUSE":
      return inUse(shown, cause);
    case "EACCES":
    case "EPERM":
      return unusable(
        `the gateway is not allowed to listen on ${shown} (${code})`,
        shown.startsWith("/")
          ? "choose a path in a folder of your own"
          : "choose a port from 1024 on, or leave it out to get a free one",
        cause,
      );
    case "EADDRNOTAVAIL":
    case "EAFNOSUPPORT":
      return unusable(`this machine has no address ${shown} (${code})`, "listen on 127.0.0.1", cause);
    case "ENOENT":
    case "ENOTDIR":
      return unusable(`the folder of ${shown} does not exist`, "create it, or choose another path", cause);
    case "ERR_WORKER_UNSUPPORTED_OPERATION":
      return unusable(
        "a worker thread cannot create a private socket",
        "start the gateway in the main thread, or on a port",
        cause,
      );
    default:
      return unusable(
        `the gateway cannot listen on ${shown} (${code || "unknown error"})`,
        "choose another address",
        cause,
      );
  }
}

function inUse(shown: string, cause?: unknown): ConnectError {
  const remedy = shown.startsWith("/")
    ? "end the program that listens there (another gateway, perhaps), or choose another path"
    : "end the program that listens there (another gateway, perhaps), choose another port, or leave it out to get a free one";
  return unusable(`the gateway cannot listen on ${shown}: another program listens there already`, remedy, cause);
}

function unusable(message: string, remedy: string, cause?: unknown): ConnectError {
  return new ConnectError("CONFIG_INVALID", { hop: "local", message, remedy, cause });
}
