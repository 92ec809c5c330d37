import { codeOf } from "../base/error-code.js";
import { configFault, configInvalid } from "../base/faults-config.js";
import type { ConnectError } from "../base/errors.js";

export const notLoopback = configFault(
  "the gateway listens on loopback only, but was given another address",
  "listen on 127.0.0.1, ::1, or a Unix socket; to reach it from elsewhere, use ssh -L",
);

export const invalidPort = configFault(
  "the gateway's port must be a number from 0 to 65535",
  "leave it out to get any free port",
);

export const noUnixSockets = configFault("Unix sockets are not served on Windows", "listen on 127.0.0.1 or ::1");

export const relativeSocketPath = configFault(
  "the path of the gateway's socket is not absolute",
  "write the whole path, beginning with /",
);

export function longSocketPath(longestPath: number): ConnectError {
  return configInvalid(
    `the path of the gateway's socket is longer than ${longestPath} bytes`,
    "choose a shorter one, in /run/user or /tmp",
  );
}

export function noSocket(path: string): ConnectError {
  return configInvalid(
    `${path} exists, and is not a socket`,
    "choose another path for the gateway's socket, or move that file away",
  );
}

export function cannotListen(shown: string, cause: unknown): ConnectError {
  const code = codeOf(cause);
  switch (code) {
    case "EADDRINUSE":
      return inUse(shown, cause);
    case "EACCES":
    case "EPERM":
      return configInvalid(
        `the gateway is not allowed to listen on ${shown} (${code})`,
        shown.startsWith("/")
          ? "choose a path in a folder of your own"
          : "choose a port above 1023, or leave it out to get a free one",
        cause,
      );
    case "EADDRNOTAVAIL":
    case "EAFNOSUPPORT":
      return configInvalid(`this machine has no address ${shown} (${code})`, "listen on 127.0.0.1", cause);
    case "ENOENT":
    case "ENOTDIR":
      return configInvalid(`the folder of ${shown} does not exist`, "create it, or choose another path", cause);
    case "ERR_WORKER_UNSUPPORTED_OPERATION":
      return configInvalid(
        "a worker thread cannot create a private socket",
        "start the gateway in the main thread, or on a port",
        cause,
      );
    default:
      return configInvalid(
        `the gateway cannot listen on ${shown} (${code || "unknown error"})`,
        "choose another address",
        cause,
      );
  }
}

export function inUse(shown: string, cause?: unknown): ConnectError {
  const remedy = shown.startsWith("/")
    ? "end the program that listens there (another gateway, perhaps), or choose another path"
    : "end the program that listens there (another gateway, perhaps), choose another port, or leave it out to get a free one";
  return configInvalid(`the gateway cannot listen on ${shown}: another program listens there already`, remedy, cause);
}
