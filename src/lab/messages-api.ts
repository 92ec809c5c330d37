import { randomBytes } from "node:crypto";
import type { Exchange, ServerSentEvent } from "./exchange.js";

/** What both vendors' APIs say unless they are asked for an echo. */
const DEFAULT_TEXT = "MOCK-OK";

/** The answer to a prompt: a fixed text, or what follows the word `echo`. */
export function answerTo(prompt: string): string {
  return /^\s*echo\s+(\S[^]*)$/.exec(prompt)?.[1] ?? DEFAULT_TEXT;
}

/** Two pieces at the least, so that a client must put a stream together. */
export function pieces(text: string): readonly string[] {
  const size = Math.max(1, Math.min(8, Math.ceil(text.length / 2)));
  return text.match(new RegExp(`[^]{1,${size}}`, "gu")) ?? [];
}

/** A rough count, four characters each: nobody is billed. */
export function countTokens(text: string): number {
  return Math.max(1, Math.ceil(text.length / 4));
}

export function newId(prefix: string): string {
  return `${prefix}_${randomBytes(12).toString("hex")}`;
}

/** The text of a message's content, which is a string or a list of blocks with a `text`. */
export function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .map((block: unknown) => (isRecord(block) && typeof block["text"] === "string" ? block["text"] : ""))
    .join("");
}

/** The text of the last message with role `user`. */
export function lastUserText(conversation: unknown): string {
  if (!Array.isArray(conversation)) return "";
  const last: unknown = conversation.findLast((message: unknown) => isRecord(message) && message["role"] === "user");
  return isRecord(last) ? textOf(last["content"]) : "";
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The body as a JSON object, or undefined. */
export async function readRequest(exchange: Exchange): Promise<Record<string, unknown> | undefined> {
  const body = await exchange.body();
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** `POST /v1/messages`, in the manner of Anthropic's Messages API. */
export async function messages(exchange: Exchange, interval: number): Promise<void> {
  if (exchange.method !== "POST") return refuse(exchange, 405, "this endpoint takes POST");
  const request = await readRequest(exchange);
  if (request === undefined) return refuse(exchange, 400, "the body is not a JSON object");
  if (!Array.isArray(request["messages"])) return refuse(exchange, 400, "messages: Field required");

  const text = answerTo(lastUserText(request["messages"]));
  const usage = {
    input_tokens: countTokens(JSON.stringify(request["messages"])),
    output_tokens: countTokens(text),
    ...NO_CACHE,
  };
  const message = {
    id: newId("msg"),
    type: "message",
    role: "assistant",
    model: modelOf(request),
    stop_sequence: null,
  };
  if (request["stream"] !== true) {
    exchange.json(
      200,
      { ...message, content: [{ type: "text", text }], stop_reason: "end_turn", usage },
      { "request-id": newId("req") },
    );
    return;
  }
  await exchange.stream(
    messageEvents({ ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } }, text),
    interval,
  );
}

/** `POST /v1/messages/count_tokens`. */
export async function countMessageTokens(exchange: Exchange): Promise<void> {
  const request = await readRequest(exchange);
  if (request === undefined) return refuse(exchange, 400, "the body is not a JSON object");
  exchange.json(200, { input_tokens: countTokens(JSON.stringify(request["messages"] ?? [])) });
}

export function modelOf(request: Record<string, unknown>): string {
  return typeof request["model"] === "string" ? request["model"] : "lab-model";
}

const NO_CACHE = { cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };

function* messageEvents(message: object, text: string): Iterable<ServerSentEvent> {
  const event = (type: string, fields: object): ServerSentEvent => ({
    event: type,
    data: JSON.stringify({ type, ...fields }),
  });
  yield event("message_start", { message });
  yield event("content_block_start", { index: 0, content_block: { type: "text", text: "" } });
  yield event("ping", {});
  for (const piece of pieces(text))
    yield event("content_block_delta", { index: 0, delta: { type: "text_delta", text: piece } });
  yield event("content_block_stop", { index: 0 });
  yield event("message_delta", {
    delta: { stop_reason: "end_turn", stop_sequence: null },
    usage: { output_tokens: countTokens(text) },
  });
  yield event("message_stop", {});
}

function refuse(exchange: Exchange, status: number, message: string): void {
  exchange.json(status, { type: "error", error: { type: "invalid_request_error", message }, request_id: newId("req") });
}
