import { faultCodes } from "../base/codes.js";
import { putMethod } from "../base/own-method.js";
import { isConnectError, type ConnectError } from "../base/errors.js";
import type { NodeRequest } from "../clients/index.js";

/** What programs look at in an error of Node's, besides its code. */
const details = ["errno", "syscall", "address", "port", "hostname", "host", "reason"] as const;

interface NativeError extends Error {
  readonly code: string;
}

/** Who made the request, and so what it would have been told where our fault has no native error behind it. */
export type Client = "node:http" | "undici";

/** Codes by which each client tells that a connection ended, or that none came in time. */
const codes = {
  closed: { "node:http": "ECONNRESET", undici: "UND_ERR_SOCKET" },
  late: { "node:http": "ETIMEDOUT", undici: "UND_ERR_CONNECT_TIMEOUT" },
} as const;

/** The classes of undici's that go with its codes. */
const names: Readonly<Record<string, string>> = {
  UND_ERR_SOCKET: "SocketError",
  UND_ERR_CONNECT_TIMEOUT: "ConnectTimeoutError",
};

/** Stages at which a program without a proxy can fail as well. Of the others no program knows an error. */
const common: ReadonlySet<string> = new Set(["dns", "tcp", "tls", "client-cert", "http"]);

/**
 * The error that an unmodified program is given for a fault: with the code, and what else programs match on, of the native error behind
 * it. Retry libraries and tests go by `ECONNREFUSED`, and must not begin to fail since a preload is there. The fault's own words are in
 * the message, and it is the `cause`.
 */
export function asNative(error: unknown, client: Client): unknown {
  if (!isConnectError(error) || !common.has(error.stage)) return error;
  const native = nativeCause(error);
  const code = native?.code ?? codeFor(error, client);
  if (code === undefined) return error;
  const told = new Error(`${native?.message ?? code} (${error.message}; ${error.remedy}) [${error.code}]`, {
    cause: error,
  });
  const known = native as unknown as Record<string, unknown> | undefined;
  const kept = details.flatMap((name) => (known?.[name] === undefined ? [] : [[name, known[name]] as const]));
  const name = native?.name ?? names[code];
  if (code.startsWith("UND_ERR")) asUndicis(told, code);
  return Object.assign(told, Object.fromEntries(kept), { code }, name !== undefined && name !== told.name && { name });
}

/** An instance of undici's classes, of whatever copy: they go by these signs. */
function asUndicis(error: Error, code: string): void {
  for (const sign of ["UND_ERR", code])
    Object.defineProperty(error, Symbol.for(`undici.error.${sign}`), { value: true });
}

function nativeCause(fault: ConnectError): NativeError | undefined {
  let current: unknown = fault.cause;
  for (let depth = 0; depth < 8 && current instanceof Error; depth++) {
    // Of several addresses that were tried, the first one's error stands for all, as with node:net.
    if (current instanceof AggregateError && !isNative(current)) current = (current.errors as unknown[])[0];
    if (isNative(current)) return current;
    current = current instanceof Error ? current.cause : undefined;
  }
  return undefined;
}

function isNative(error: unknown): error is NativeError {
  return error instanceof Error && "code" in error && typeof error.code === "string" && !(error.code in faultCodes);
}

function codeFor({ code }: ConnectError, client: Client): string | undefined {
  if (code.endsWith("_TIMEOUT")) return codes.late[client];
  if (code === "DNS_NOT_FOUND") return "ENOTFOUND";
  return code === "HTTP_CLOSED" || code.endsWith("_RESET") ? codes.closed[client] : undefined;
}

/** Has a request tell of its errors as node:http does, whoever finds them. */
export function tellNatively(request: NodeRequest): void {
  const { emit, onSocket } = request;
  putMethod(request, "emit", function (this: NodeRequest, event: string | symbol, ...given: unknown[]) {
    if (event === "error") given[0] = asNative(given[0], "node:http");
    return (emit as (event: string | symbol, ...given: unknown[]) => boolean).call(this, event, ...given);
  });
  putMethod(request, "onSocket", function (this: NodeRequest, socket, error) {
    // Given up by the program: node:http has an error of its own for that.
    return onSocket.call(this, socket, socket === undefined && this.destroyed ? undefined : error);
  });
}
