import { createRequire } from "node:module";
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Agent, RequestOptions } from "node:https";
import type { Socket } from "node:net";
import { isConnectError } from "../../base/errors.js";
import type { HttpTarget } from "../../dial/types.js";
import type { ConnectOptions, NodeRequest } from "./node-agent.js";

const require = createRequire(import.meta.url);
const secondTry = Symbol("second try");

/** Whether these are the options of a request that {@link askAgain} made: it is to go over TLS 1.2. */
export function isSecondTry(options: ConnectOptions): boolean {
  return (options as { readonly [secondTry]?: boolean })[secondTry] === true;
}

export interface Outcome {
  /** An answer, or the upgrade, with what Node's event for it carries. */
  answered(event: "response" | "upgrade", args: readonly unknown[]): void;
  /** The server said why it refuses. */
  failed(error: Error): void;
  /** There was no answer: the first one is what there is. */
  instead(): void;
  /** The answer has been read, or broke off. */
  over(): void;
}

export interface SecondTry {
  settle(outcome: Outcome): void;
  destroy(error?: Error): void;
}

/** What may be sent twice (RFC 9110 section 9.2.2), where all of it is at hand: no body. */
export function mayAskAgain(request: ClientRequest): boolean {
  const head = (request as NodeRequest)._header ?? "";
  return (
    ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"].includes(request.method) &&
    request.writableEnded &&
    !/\r\ntransfer-encoding:/i.test(head) &&
    !/\r\ncontent-length: *0*[1-9]/i.test(head)
  );
}

/** The same request on the same agent, from the head that was sent: some of its parts are in no other place. */
export function askAgain(first: NodeRequest, { host, port, servername }: HttpTarget, given: ConnectOptions): SecondTry {
  const { request: makeRequest } = require("node:https") as typeof import("node:https");
  const request = makeRequest({
    agent: (first as unknown as { readonly agent: Agent }).agent,
    host: host.replace(/^\[|\]$/g, ""),
    port,
    ...(servername === undefined ? {} : { servername }),
    ...(given.checkServerIdentity && { checkServerIdentity: given.checkServerIdentity }),
    method: first.method,
    path: first.path,
    headers: fieldsOf(first._header ?? ""),
    setHost: false,
    [secondTry]: true,
  } as RequestOptions);
  return {
    destroy: (error) => void request.destroy(error),
    settle: (outcome) => settle(request, first, outcome),
  };
}

function settle(request: ClientRequest, first: NodeRequest, outcome: Outcome): void {
  let answered = false;
  const onAnswer = (event: "response" | "upgrade", message: IncomingMessage, more: readonly unknown[]): void => {
    answered = true;
    // Its `req` stays the second request: node:http itself goes by that when the answer ends.
    message.once("close", () => outcome.over());
    outcome.answered(event, [message, ...more]);
  };
  request.once("response", (message) => onAnswer("response", message, []));
  request.once("upgrade", (message, socket: Socket, head: Buffer) => onAnswer("upgrade", message, [socket, head]));
  request.on("error", (error) => {
    if (answered || first.destroyed) return;
    answered = true;
    if (isConnectError(error) && error.stage === "client-cert") outcome.failed(error);
    else outcome.instead();
  });
  request.end();
}

/** Name, value, name, value…, as they were sent. */
function fieldsOf(head: string): string[] {
  return head
    .split("\r\n")
    .slice(1)
    .filter((line) => line.includes(":"))
    .flatMap((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]);
}

/** Tells how a body begins, and puts that back. `lost`: it was cut off before that. */
export function firstWords(message: IncomingMessage, tell: (words: string) => void, lost: () => void): void {
  const onClose = (): void => {
    message.off("readable", onReadable);
    lost();
  };
  const onReadable = (): void => {
    message.off("readable", onReadable).off("close", onClose);
    // Read at its end, an empty body would end here, where nobody listens yet.
    const chunk: unknown = message.readableLength > 0 ? message.read() : undefined;
    if (Buffer.isBuffer(chunk)) message.unshift(chunk);
    // Only then does the stream know that nobody reads it by hand any more.
    setImmediate(() => tell(Buffer.isBuffer(chunk) ? chunk.toString("latin1") : ""));
  };
  message.on("readable", onReadable).once("close", onClose);
}
