import { codeOf } from "../base/error-code.js";

/** RFC 9113 section 7, by their numbers. */
const reasons = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
  "INADEQUATE_SECURITY",
  "HTTP_1_1_REQUIRED",
];

/** With which error a stream or a session was ended: Node's message ends with nghttp2's name of it, or with its number. */
export function http2Reason({ message }: Error): string {
  const number = Number(/\d+$/.exec(message)?.[0] ?? Number.NaN);
  return /NGHTTP2_(\w+)/.exec(message)?.[1] ?? reasons[number] ?? "unknown";
}

/** One side says so of what it cannot read: the two do not speak the same HTTP/2, or something between them changes it. */
export function isMisread(reason: string): boolean {
  return ["PROTOCOL_ERROR", "FLOW_CONTROL_ERROR", "FRAME_SIZE_ERROR", "COMPRESSION_ERROR"].includes(reason);
}

/** What came cannot be read as HTTP/2, or what went out was not read as such. */
export function isBrokenHttp2(error: Error): boolean {
  const code = codeOf(error);
  if (code === "ERR_HTTP2_STREAM_ERROR" || code === "ERR_HTTP2_SESSION_ERROR") return isMisread(http2Reason(error));
  return code === "ERR_HTTP2_ERROR";
}
