import { STATUS_CODES } from "node:http";
import type { Target } from "./connect.js";

/** A proxy's own answer. */
export interface Answer {
  readonly status: number;
  readonly reason?: string | undefined;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

export function plainAnswer(status: number, text: string): Answer {
  return { status, headers: [["Content-Type", "text/plain; charset=utf-8"]], body: `lab proxy: ${text}\n` };
}

export function unreachable(why: "unknown" | "forbidden" | "refused", { host, port }: Target): Answer {
  if (why === "forbidden") return plainAnswer(403, `${host} is not in this lab, and the lab never leaves the machine`);
  return plainAnswer(502, why === "unknown" ? `cannot resolve ${host}` : `${host} refuses connections on port ${port}`);
}

/** The headers of an answer that is to be followed by another on the same connection. */
export function withLength(answer: Answer): Answer["headers"] {
  const framed = answer.headers.some(([key]) => /^(content-length|transfer-encoding)$/i.test(key));
  if (framed || answer.status === 204 || answer.status === 304) return answer.headers;
  return [...answer.headers, ["Content-Length", String(Buffer.byteLength(answer.body))]];
}

export function reasonOf(answer: Answer): string {
  return answer.reason ?? STATUS_CODES[answer.status] ?? "";
}

/** Status line and headers, empty line included. */
export function formatHead(answer: Answer, headers: Answer["headers"]): string {
  const lines = headers.map(([key, value]) => `${key}: ${value}\r\n`).join("");
  return `HTTP/1.1 ${answer.status} ${reasonOf(answer)}\r\n${lines}\r\n`;
}
