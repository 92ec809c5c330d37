import { oneLine } from "../../base/one-line.js";
import { ConnectError } from "../../base/errors.js";

/*
 * What is looked at on request is a warning: one answer was given, and whoever needs no more than that is not stopped.
 */

function stalled(message: string, remedy: string): ConnectError {
  return new ConnectError("STREAM_STALLED", { severity: "warning", hop: "target", message, remedy });
}

const onTheWay =
  "ask the server's administrators whether they send it; if so, ask those of the proxy or inspector on the way";

export function streamSilent({ host }: URL, ms: number): ConnectError {
  return stalled(
    `${host} answered a plain request, and gave no byte of an event stream within ${ms / 1000} s: it sends none, or something on the way waits for its end`,
    `${onTheWay} whether it buffers text/event-stream`,
  );
}

export function heldBack({ host }: URL, ms: number): ConnectError {
  return stalled(
    `the whole event stream of ${host} came at once after ${Math.round(ms / 100) / 10} s: it is made so, or something on the way keeps it back until it is over`,
    `${onTheWay} whether it buffers text/event-stream`,
  );
}

export function noFrames({ host }: URL, ms: number): ConnectError {
  return stalled(
    `${host} took the upgrade to WebSocket, and no frame came back for a ping within ${ms / 1000} s`,
    `${onTheWay} to let WebSocket pass`,
  );
}

export function noHttp2Answer({ host }: URL): ConnectError {
  return stalled(
    `HTTP/2 was agreed on with ${host}, and a request over it was not answered`,
    `use HTTP/1.1 for it; ${onTheWay} what becomes of HTTP/2`,
  );
}

/** By what Node says of a frame that it cannot read, or of a session or stream that the other side ended with an error. */
export function brokenHttp2({ host }: URL, cause: Error): ConnectError {
  return new ConnectError("HTTP_INVALID", {
    severity: "warning",
    hop: "target",
    message: `HTTP/2 was agreed on with ${host}, and came to nothing: ${oneLine(cause.message, 120)}`,
    remedy: `use HTTP/1.1 for it; ask the server's administrators, or those of the proxy or inspector on the way, what breaks HTTP/2`,
    cause,
  });
}

/** The connection ended where this was asked for. */
export function closedOn({ host }: URL, name: string, cause: unknown): ConnectError {
  return new ConnectError("HTTP_CLOSED", {
    hop: "target",
    message: `${host} closed the connection when it was asked for this (${name})`,
    remedy: onTheWay,
    cause,
  });
}

/** What a fault of a probe means for the whole. */
export function onlyFor(name: string): string {
  return `a plain request was answered all the same, so that this is of ${name} alone`;
}

export function diedIdle({ host }: URL, ms: number): ConnectError {
  return stalled(
    `a connection to ${host} that was silent for ${ms / 1000} s is dead, and nobody said so: something on the way forgets silent connections`,
    "let programs send something more often (TCP keep-alive, pings of HTTP/2 or WebSocket), or ask the network's administrators to raise that time-out",
  );
}
