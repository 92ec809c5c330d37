import { ConnectError } from "../base/errors.js";

export function unaskedCoding(name: string): ConnectError {
  return unpassable(name, "a transfer-encoding that nobody asked for");
}

export function unpassableHead(name: string, cause: unknown): ConnectError {
  return unpassable(name, "a status line or header field that HTTP does not allow", cause);
}

function unpassable(name: string, what: string, cause?: unknown): ConnectError {
  return new ConnectError("HTTP_INVALID", {
    hop: "target",
    message: `${name} answered with ${what}`,
    remedy: "ask whoever runs the server, or a proxy on the path, to correct its answers",
    cause,
  });
}

export function brokenOff(name: string, cause: Error): ConnectError {
  return new ConnectError("HTTP_CLOSED", {
    hop: "target",
    message: `${name} closed the connection in the middle of its answer`,
    remedy:
      "try again; if it happens each time, ask whoever runs the server, or a proxy or firewall on the path, what closes these connections",
    cause,
  });
}

export function unaskedProtocol(name: string): ConnectError {
  return new ConnectError("HTTP_INVALID", {
    hop: "target",
    message: `${name} switched to a protocol that nobody asked for`,
    remedy: "ask whoever runs the server to correct its answers",
  });
}
