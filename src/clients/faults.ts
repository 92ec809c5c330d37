import { ConnectError, findConnectError } from "../base/errors.js";
import { codeOf } from "../base/error-code.js";
import { formatHostPort } from "../base/hostname.js";
import { connectionFault } from "../dial/index.js";
import type { Connection, HttpTarget } from "../dial/types.js";
import { http2Reason, isMisread } from "./http2-reasons.js";
import { oneLine } from "../base/one-line.js";

/** How far an exchange had come when it failed. */
export interface Progress {
  readonly target: HttpTarget;
  readonly connection: Connection;
  /** A byte of the answer had arrived. */
  readonly answered: boolean;
  /** An answer had come on this connection before: its client certificate was accepted long ago. */
  readonly proven: boolean;
  /** What bounded the wait for the answer's head, and for more of its body, in milliseconds. */
  readonly headersTimeout: number;
  readonly bodyTimeout: number;
}

/**
 * The ConnectError for what an HTTP client says of a connection that failed under a request, with that as its cause.
 * Errors that are not the network's (the caller's abort, its body stream's own, wrong arguments) are returned as they are.
 */
export function httpFault(error: Error, progress: Progress): Error {
  const known = findConnectError(error);
  if (known !== undefined && !isOutdated(known, progress)) return known;
  const told = known === undefined ? error : beneath(known, error);
  const code = codeOf(told);
  // Over HTTP/1.1 nothing of ours ends in this way: it is how the caller's own body was cut short.
  if (code === "ERR_STREAM_PREMATURE_CLOSE" && progress.connection.alpn !== "h2") return error;
  // undici hides what ended the socket, a TLS alert for one, behind "other side closed".
  const ended =
    isEnd(code) || told === progress.connection.socket.errored
      ? connectionFault(progress.connection.socket)
      : undefined;
  if (ended !== undefined && !isOutdated(ended, progress)) return ended;
  return named(told, code, progress) ?? (known === undefined ? error : closed(progress, error));
}

/**
 * A server that asks for a certificate and closes without a word means that certificate, unless it has answered before. An alert
 * says what it means at any time. Over HTTP/1.1 the dialer sees itself whether there was an answer since it was asked.
 */
function isOutdated(fault: ConnectError, { proven, connection }: Progress): boolean {
  return proven && connection.alpn === "h2" && fault.stage === "client-cert" && !codeOf(fault.cause).includes("ALERT");
}

function beneath(fault: ConnectError, error: Error): Error {
  return fault.cause instanceof Error ? fault.cause : error;
}

/** Codes with which node:http2, undici and the system say that the connection is gone. */
export function isEnd(code: string): boolean {
  return (
    code === "UND_ERR_SOCKET" ||
    code === "ECONNRESET" ||
    code === "EPIPE" ||
    code === "ERR_STREAM_PREMATURE_CLOSE" ||
    code.startsWith("ERR_HTTP2_")
  );
}

function named(error: Error, code: string, progress: Progress): ConnectError | undefined {
  if (code === "UND_ERR_HEADERS_TIMEOUT") return answerTimeout(progress, progress.headersTimeout, error);
  if (code === "UND_ERR_BODY_TIMEOUT") return stalled(progress, error);
  if (code === "ECONNRESET" || code === "EPIPE")
    return isOfSocket(error, progress) ? reset(progress, error) : undefined;
  if (code === "ERR_HTTP2_STREAM_ERROR" || code === "ERR_HTTP2_SESSION_ERROR") return brokenOff(progress, error);
  // What came cannot be read as HTTP/2. (Node 20 says so of some frames alone, and of the others that the stream was closed.)
  if (code === "ERR_HTTP2_ERROR") return notHttp(progress, error);
  if (isEnd(code)) return closed(progress, error);
  if (
    code.startsWith("HPE_") ||
    error.name === "HTTPParserError" ||
    code === "UND_ERR_HEADERS_OVERFLOW" ||
    code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH"
  )
    return notHttp(progress, error);
  return undefined;
}

/** A body that the caller streams in may fail with the same codes. */
function isOfSocket(error: Error, { connection: { socket } }: Progress): boolean {
  return socket.errored === error || socket.errored?.cause === error;
}

export function answerTimeout(
  progress: Omit<Progress, "bodyTimeout" | "proven">,
  milliseconds: number,
  cause?: unknown,
): ConnectError {
  return new ConnectError("HTTP_TIMEOUT", {
    hop: hopOf(progress),
    message: `${called(progress)} did not begin to answer within ${seconds(milliseconds)}`,
    remedy: "try again; where the server is known to take longer, raise the timeout `firstByte` in the config file",
    cause,
  });
}

export function closed(progress: Pick<Progress, "target" | "connection" | "answered">, cause?: unknown): ConnectError {
  return new ConnectError("HTTP_CLOSED", {
    hop: hopOf(progress),
    message: `${called(progress)} closed the connection ${progress.answered ? "in the middle of its answer" : "before it answered"}`,
    remedy:
      "try again; if it happens each time, ask whoever runs the server, or a proxy or firewall on the path, what closes these connections",
    cause,
  });
}

/** RST_STREAM, of this request alone, or GOAWAY with an error. */
function brokenOff(progress: Progress, cause: Error): ConnectError {
  const reason = http2Reason(cause);
  // Node itself resets a stream so whose answer breaks the rules.
  if (reason === "PROTOCOL_ERROR" && codeOf(cause) === "ERR_HTTP2_STREAM_ERROR") return notHttp(progress, cause);
  return aborted(progress, reason, cause);
}

function aborted(progress: Progress, reason: string, cause: Error): ConnectError {
  const when = progress.answered ? "in the middle of its answer" : "before it answered";
  if (isMisread(reason)) {
    return new ConnectError("HTTP_INVALID", {
      hop: hopOf(progress),
      message: `${called(progress)} ended the request ${when}, since it could not read the HTTP/2 that arrived there (${reason})`,
      remedy:
        "try again; if it happens each time, the server or a proxy on the path breaks HTTP/2: ask whoever runs it, or have it offer HTTP/1.1 alone",
      cause,
    });
  }
  return new ConnectError("HTTP_CLOSED", {
    hop: hopOf(progress),
    message: `${called(progress)} aborted the request ${when} (${reason})`,
    remedy: "try again; if it happens each time, ask whoever runs the server",
    cause,
  });
}

/** A 403 that says itself what it is about, to a request that is not sent twice. The next connection is made so that it gets through. */
export function askedTooLate(progress: Pick<Progress, "target" | "connection">, method: string): ConnectError {
  return new ConnectError("CLIENT_CERT_REQUIRED", {
    hop: hopOf(progress),
    message: `${called(progress)} asks for the client certificate only after the request, which TLS 1.3 does not allow here, and refused it (403); a ${method} is not repeated automatically`,
    remedy:
      'send it again: it goes over TLS 1.2 then; for the first one to get through, add "maxTlsVersion": "1.2" to an identity that names this host in the config file',
  });
}

/** @param milliseconds since the last byte came */
export function pathIsDead(
  progress: Pick<Progress, "target" | "connection" | "answered">,
  milliseconds: number,
  cause: unknown,
): ConnectError {
  return new ConnectError("STREAM_STALLED", {
    hop: hopOf(progress),
    message: `${called(progress)} has sent nothing for ${seconds(milliseconds)} and no longer answers: the connection is dead ${progress.answered ? "in the middle of its answer" : "before it answered"}`,
    remedy: "try again; if it happens each time, a proxy or firewall on the path drops connections without a word",
    cause,
  });
}

function stalled(progress: Progress, cause: unknown): ConnectError {
  return new ConnectError("STREAM_STALLED", {
    hop: hopOf(progress),
    message: `${called(progress)} sent nothing for ${seconds(progress.bodyTimeout)} in the middle of its answer`,
    remedy:
      "try again; if long pauses are normal for this server, raise the request's bodyTimeout, or ask for keep-alive events",
    cause,
  });
}

function reset(progress: Progress, cause: unknown): ConnectError {
  return new ConnectError("TCP_RESET", {
    hop: hopOf(progress),
    stage: "http",
    message: `${called(progress)} reset the connection ${progress.answered ? "in the middle of its answer" : "before it answered"}`,
    remedy: "try again; if it happens each time, a firewall or proxy on the path may be closing it",
    cause,
  });
}

export function notHttp(progress: Pick<Progress, "target" | "connection">, cause: Error): ConnectError {
  return new ConnectError("HTTP_INVALID", {
    hop: hopOf(progress),
    message: `${called(progress)} sent something that is not valid HTTP: ${oneLine(cause.message, 120)}`,
    remedy: "check the URL's port and scheme: another service may be listening there",
    cause,
  });
}

type Place = Pick<Progress, "target" | "connection">;

function hopOf({ connection }: Place): "proxy" | "target" {
  return connection.forward === undefined ? "target" : "proxy";
}

/** "api.example.com:443 (through the proxy proxy.corp:3128)": behind a tunnel, who of the two ended it cannot be told. */
function called({ target, connection }: Place): string {
  const peer = formatHostPort(target.host, target.port);
  const proxy = connection.route.hops.at(-1);
  if (proxy === undefined) return peer;
  const through = `the proxy ${formatHostPort(proxy.host, proxy.port)}`;
  return connection.forward === undefined ? `${peer} (through ${through})` : `${through} (asked for ${peer})`;
}

function seconds(milliseconds: number): string {
  return `${Number((milliseconds / 1000).toPrecision(3))} s`;
}
