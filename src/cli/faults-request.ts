import { ConnectError, findConnectError } from "../base/errors.js";
import { causeCode, type FailedRequest } from "./commands/failed-request.js";
import { OutputClosed } from "./terminal/io.js";
import { unusableAnswer } from "./faults-answer.js";

/** What ended a request, as a fault where it was the network; anything else as it came. */
export function requestFault(error: unknown, request: FailedRequest): unknown {
  if (error instanceof OutputClosed) return error;
  const { url, signal } = request;
  const known = findConnectError(error);
  if (known !== undefined) return known;
  if (signal.aborted && signal.reason instanceof DOMException && signal.reason.name === "TimeoutError")
    return tooLong(error, request);
  return connectionEnded(error, url.host) ?? unusableAnswer(error, request) ?? error;
}

function tooLong(error: unknown, { url, maxTime, stages }: FailedRequest): ConnectError {
  const last = stages.findLast((stage) => stage.ok);
  return new ConnectError("HTTP_TIMEOUT", {
    hop: last?.hop ?? "target",
    message: `the request to ${url.host} did not end within ${(maxTime ?? 0) / 1000} s (--max-time)${last === undefined ? "" : `; the last step that worked was ${last.stage} (${last.peer})`}`,
    remedy: "give it more time, or run sallyport doctor to see where it stops",
    cause: error,
  });
}

function connectionEnded(error: unknown, host: string): ConnectError | undefined {
  const code = causeCode(error);
  if (code.startsWith("UND_ERR_HEADERS_TIMEOUT") || code === "UND_ERR_BODY_TIMEOUT") {
    return new ConnectError("HTTP_TIMEOUT", {
      hop: "target",
      message: `${host} stopped sending (${code})`,
      remedy: "try again; if it keeps happening, ask the administrators of that server",
      cause: error,
    });
  }
  if (code.startsWith("HPE_") || code === "UND_ERR_HEADERS_OVERFLOW") {
    return new ConnectError("HTTP_INVALID", {
      hop: "target",
      message: `${host} answers with something that is not HTTP (${code})`,
      remedy: "check the port: another service listens there",
      cause: error,
    });
  }
  if (
    code === "UND_ERR_SOCKET" ||
    code === "ECONNRESET" ||
    code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH" ||
    code === "ERR_HTTP2_STREAM_ERROR"
  ) {
    return new ConnectError("HTTP_CLOSED", {
      hop: "target",
      message: `${host} closed the connection before its answer was complete (${code})`,
      remedy: "try again; if it keeps happening, ask the administrators of that server or of the proxy in front of it",
      cause: error,
    });
  }
  return undefined;
}
