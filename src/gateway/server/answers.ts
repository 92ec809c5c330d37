import { STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http";
import type { ConnectError } from "../../base/errors.js";
import { faultCodes, type FaultCode, type Stage } from "../../base/codes.js";
import { encodeFault, faultDetailHeader, faultHeader } from "../../dial/index.js";
import { oneLine } from "../../base/one-line.js";

/** An answer of the gateway's own. */
export interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A fault of the gateway's own finding, with the status that says so. */
export interface Refusal {
  readonly status: number;
  readonly fault: ConnectError;
}

const timeouts: ReadonlySet<FaultCode> = new Set([
  "TCP_TIMEOUT",
  "PROXY_TIMEOUT",
  "TLS_TIMEOUT",
  "HTTP_TIMEOUT",
  "PAC_TIMEOUT",
]);
const lasting: ReadonlySet<Stage> = new Set(["config", "proxy-auth", "client-cert"]);
const lastingCodes: ReadonlySet<FaultCode> = new Set([
  "PAC_INVALID",
  "PAC_PROXY_NOT_ALLOWED",
  "PROXY_LOOP",
  "PROXY_NOT_TLS",
  "PROXY_NEEDS_TLS",
  "PROXY_NOT_HTTP",
  "PROXY_FORBIDDEN",
  "SOCKS_NOT_SOCKS",
  "TLS_UNTRUSTED_ISSUER",
  "TLS_INSPECTED",
  "TLS_CHAIN_INCOMPLETE",
  "TLS_SELF_SIGNED",
  "TLS_EXPIRED",
  "TLS_NOT_YET_VALID",
  "CLOCK_SKEW",
  "TLS_NAME_MISMATCH",
  "TLS_NOT_TLS",
  "TLS_VERSION",
  "TLS_WEAK",
  "TLS_LEGACY_RENEGOTIATION",
  "HTTP_BLOCK_PAGE",
  "CAPTIVE_PORTAL",
]);

/** Whether trying again cannot help before somebody changes something: settings, certificates, logins. */
export function isLasting({ code, stage }: Pick<ConnectError, "code" | "stage">): boolean {
  return lasting.has(stage) || lasting.has(faultCodes[code].stage) || lastingCodes.has(code);
}

/** 504 where something did not answer in time, 403 where the gateway itself refuses, 502 for the rest (RFC 9110 section 15.6). */
export function statusOf({ code, hop, message }: ConnectError): number {
  if (timeouts.has(code) || (code === "DNS_FAILED" && / within \d+ ms/.test(message))) return 504;
  return code === "PROXY_LOOP" || (code === "PROXY_FORBIDDEN" && hop === "local") ? 403 : 502;
}

export interface AnswerOptions {
  /** The request's Accept: JSON where it asks for that, else text. */
  readonly accept?: string | undefined;
  /** Default: {@link statusOf} the fault. */
  readonly status?: number;
  /** The answer is one to CONNECT: the fault is also told in the headers and the reason phrase, which is all that most clients show. */
  readonly tunnel?: boolean;
  /** The connection is closed after it. */
  readonly close?: boolean;
}

/** What is answered for a fault. Each answer says whose it is, so that none is taken for the origin's. */
export function faultAnswer(fault: ConnectError, options: AnswerOptions = {}): Answer {
  const { accept, status = statusOf(fault), tunnel = false, close = false } = options;
  const json = wantsJson(accept);
  const body = json
    ? `${JSON.stringify({ ok: false, fault })}\n`
    : `error: ${oneLine(fault.message)} [${fault.code}]\nhint: ${oneLine(fault.remedy)}\n`;
  const reason = STATUS_CODES[status] ?? "Error";
  return {
    status,
    reason: tunnel ? `${reason} [${fault.code}] ${ascii(fault.message, 200)}` : reason,
    headers: {
      "content-type": json ? "application/json; charset=utf-8" : "text/plain; charset=utf-8",
      "content-length": String(Buffer.byteLength(body)),
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      [faultHeader]: fault.code,
      ...(tunnel && { [faultDetailHeader]: encodeFault(fault) }),
      // Clients of HTTP APIs (Stainless SDKs among them) repeat a 502 for minutes unless they are told not to.
      ...(isLasting(fault) && { "x-should-retry": "false" }),
      ...(status === 407 && { "proxy-authenticate": 'Basic realm="sallyport", charset="UTF-8"' }),
      ...(status === 503 && { "retry-after": "1" }),
      ...(close && { connection: "close" }),
    },
    body,
  };
}

/** Answers a request that node:http has read. Where an answer has begun, its connection is cut: it must not look complete. */
export function answerFault(
  request: IncomingMessage,
  response: ServerResponse,
  fault: ConnectError,
  options: Omit<AnswerOptions, "accept" | "tunnel"> = {},
): void {
  if (response.headersSent) {
    response.destroy(fault);
    return;
  }
  const answer = faultAnswer(fault, { ...options, accept: request.headers.accept });
  response.writeHead(answer.status, answer.reason, answer.headers);
  response.end(request.method === "HEAD" ? undefined : answer.body);
}

/** The whole answer as it goes over a socket. */
export function serializeAnswer({ status, reason, headers, body }: Answer): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${reason}\r\n${lines.join("")}\r\n${body}`;
}

/** JSON where a media type of JSON is named and not weighed below text. */
function wantsJson(accept = ""): boolean {
  const weigh = (pattern: RegExp): number => {
    const weights = accept
      .split(",")
      .filter((part) => pattern.test(part))
      .map((part) => Number(/;\s*q=([\d.]+)/.exec(part)?.[1] ?? 1));
    return Math.max(0, ...weights);
  };
  const json = weigh(/^\s*application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i);
  return json > 0 && json >= weigh(/^\s*text\/(?:plain|html|\*)\s*(?:;|$)/i);
}

/** Printable ASCII, which is all that a reason phrase may hold for every client. */
const ascii = (text: string, limit: number): string => text.replace(/[^\x20-\x7e]+/g, "?").slice(0, limit);
