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
  return textOf(lastUserContent(conversation));
}

function lastUserContent(conversation: unknown): unknown {
  if (!Array.isArray(conversation)) return "";
  const last: unknown = conversation.findLast((message: unknown) => isRecord(message) && message["role"] === "user");
  return isRecord(last) ? last["content"] : "";
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

/** What the model says: a text, or that it wants a tool to be called. */
type Reply = { readonly text: string } | { readonly tool: string };

/**
 * A prompt `call NAME` is answered by calling that tool, where the request offers it, and the tool's result by its text; all else as
 * {@link answerTo} has it.
 */
function replyTo(request: Record<string, unknown>): Reply {
  const content = lastUserContent(request["messages"]);
  const blocks = Array.isArray(content) ? content.filter(isRecord) : [{ type: "text", text: content }];
  const result = blocks.find(({ type }) => type === "tool_result");
  if (result !== undefined) return { text: textOf(result["content"]) };
  const tools = Array.isArray(request["tools"]) ? request["tools"].filter(isRecord).map(({ name }) => name) : [];
  const wanted = blocks.map(({ text }) => /^\s*call\s+([\w-]+)\s*$/.exec(String(text))?.[1]).find(Boolean);
  if (wanted !== undefined && tools.includes(wanted)) return { tool: wanted };
  return { text: answerTo(textOf(content)) };
}

/** `POST /v1/messages`, in the manner of Anthropic's Messages API. */
export async function messages(exchange: Exchange, interval: number): Promise<void> {
  if (exchange.method !== "POST") return refuse(exchange, 405, "this endpoint takes POST");
  const request = await readRequest(exchange);
  if (request === undefined) return refuse(exchange, 400, "the body is not a JSON object");
  if (!Array.isArray(request["messages"])) return refuse(exchange, 400, "messages: Field required");

  const reply = replyTo(request);
  const block = blockOf(reply);
  const stop = "tool" in reply ? "tool_use" : "end_turn";
  const usage = {
    input_tokens: countTokens(JSON.stringify(request["messages"])),
    output_tokens: countTokens(JSON.stringify(block)),
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
    exchange.json(200, { ...message, content: [block], stop_reason: stop, usage }, { "request-id": newId("req") });
    return;
  }
  await exchange.stream(
    messageEvents({ ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } }, block, stop),
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

type Block =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "tool_use"; readonly id: string; readonly name: string; readonly input: object };

function blockOf(reply: Reply): Block {
  return "tool" in reply
    ? { type: "tool_use", id: newId("toolu"), name: reply.tool, input: {} }
    : { type: "text", text: reply.text };
}

function* messageEvents(message: object, block: Block, stop: string): Iterable<ServerSentEvent> {
  const event = (type: string, fields: object): ServerSentEvent => ({
    event: type,
    data: JSON.stringify({ type, ...fields }),
  });
  yield event("message_start", { message });
  yield event("content_block_start", {
    index: 0,
    content_block: block.type === "text" ? { ...block, text: "" } : block,
  });
  yield event("ping", {});
  for (const delta of deltasOf(block)) yield event("content_block_delta", { index: 0, delta });
  yield event("content_block_stop", { index: 0 });
  yield event("message_delta", {
    delta: { stop_reason: stop, stop_sequence: null },
    usage: { output_tokens: countTokens(JSON.stringify(block)) },
  });
  yield event("message_stop", {});
}

function deltasOf(block: Block): readonly object[] {
  return block.type === "text"
    ? pieces(block.text).map((text) => ({ type: "text_delta", text }))
    : [{ type: "input_json_delta", partial_json: "{}" }];
}

function refuse(exchange: Exchange, status: number, message: string): void {
  exchange.json(status, { type: "error", error: { type: "invalid_request_error", message }, request_id: newId("req") });
}
