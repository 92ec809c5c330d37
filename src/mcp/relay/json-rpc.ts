import { isConnectError, type ConnectError } from "../../base/errors.js";
import { internalError } from "./faults.js";

export type Id = string | number;

export type Params = Readonly<Record<string, unknown>>;

export interface Request {
  readonly jsonrpc: "2.0";
  readonly id: Id;
  readonly method: string;
  readonly params?: Params;
}

export interface Notification {
  readonly jsonrpc: "2.0";
  readonly method: string;
  readonly params?: Params;
}

export interface ErrorBody {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

export interface Response {
  readonly jsonrpc: "2.0";
  readonly id: Id | null;
  readonly result?: Params;
  readonly error?: ErrorBody;
}

export type Message = Request | Notification | Response;

/** The error codes of JSON-RPC and of MCP that are used or understood here. */
export const errorCode = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  /** Of the range that is left to implementations: what failed lies on the way to the server. */
  connection: -32000,
  headerMismatch: -32020,
  missingCapability: -32021,
  unsupportedVersion: -32022,
} as const;

export function isObject(value: unknown): value is Params {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a parsed text is a message at all. What its parts hold is for client and server to judge. */
export function isMessage(value: unknown): value is Message {
  if (!isObject(value)) return false;
  const { id, method, params } = value;
  if (params !== undefined && !isObject(params)) return false;
  if (method !== undefined) return typeof method === "string" && (id === undefined || isId(id));
  return (isId(id) || id === null || id === undefined) && ("result" in value || "error" in value);
}

function isId(value: unknown): value is Id {
  return typeof value === "string" || typeof value === "number";
}

export function isRequest(message: Message): message is Request {
  return "method" in message && "id" in message;
}

export function isNotification(message: Message): message is Notification {
  return "method" in message && !("id" in message);
}

export function isResponse(message: Message): message is Response {
  return !("method" in message);
}

/** `params._meta`, empty where there is none. */
export function metaOf(message: { readonly params?: Params }): Params {
  const meta = message.params?.["_meta"];
  return isObject(meta) ? meta : {};
}

/** The answer to a request that failed on its way: the fault's code and remedy for who can read them, its words for who cannot. */
export function faultAnswer(id: Id | null, fault: ConnectError, code: number = errorCode.connection): Response {
  const { code: name, stage, hop, remedy, docs } = fault.toJSON();
  return {
    jsonrpc: "2.0",
    id,
    error: { code, message: fault.message, data: { code: name, stage, hop, remedy, docs } },
  };
}

/** What a program of ours throws by mistake must neither end the bridge nor leave a request unanswered. */
export function failureAnswer(id: Id | null, error: unknown): Response {
  if (isConnectError(error)) return faultAnswer(id, error);
  return { jsonrpc: "2.0", id, error: { code: errorCode.internal, message: internalError } };
}
