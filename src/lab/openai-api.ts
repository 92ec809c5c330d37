import type { Exchange, ServerSentEvent } from "./exchange.js";
import { answerTo, countTokens, lastUserText, modelOf, newId, pieces, readRequest } from "./messages-api.js";

/** `POST /v1/chat/completions`, in the manner of OpenAI's API. */
export async function chatCompletions(exchange: Exchange, interval: number): Promise<void> {
  const request = await accept(exchange, "messages");
  if (request === undefined) return;
  const text = answerTo(lastUserText(request["messages"]));
  const prompt = countTokens(JSON.stringify(request["messages"]));
  const usage = {
    prompt_tokens: prompt,
    completion_tokens: countTokens(text),
    total_tokens: prompt + countTokens(text),
  };
  const base = { id: newId("chatcmpl"), created: now(), model: modelOf(request) };
  if (request["stream"] !== true) {
    const message = { role: "assistant", content: text, refusal: null };
    exchange.json(200, {
      ...base,
      object: "chat.completion",
      choices: [{ index: 0, message, logprobs: null, finish_reason: "stop" }],
      usage,
    });
    return;
  }
  const options = request["stream_options"];
  const withUsage =
    typeof options === "object" && options !== null && "include_usage" in options && options.include_usage === true;
  await exchange.stream(chatChunks(base, text, withUsage ? usage : undefined), interval);
}

/** `POST /v1/responses`. */
export async function responses(exchange: Exchange, interval: number): Promise<void> {
  const request = await accept(exchange, "input");
  if (request === undefined) return;
  const input = request["input"];
  const text = answerTo(typeof input === "string" ? input : lastUserText(input));
  const item = { id: newId("msg"), type: "message", role: "assistant" };
  const started = newResponse(request);
  const finished = {
    ...started,
    status: "completed",
    output: [{ ...item, status: "completed", content: [textPart(text)] }],
    usage: responseUsage(countTokens(JSON.stringify(input)), countTokens(text)),
  };
  if (request["stream"] !== true) return exchange.json(200, finished);
  await exchange.stream(responseEvents(started, finished, item, text), interval);
}

const now = (): number => Math.floor(Date.now() / 1000);
const textPart = (text: string) => ({ type: "output_text", text, annotations: [], logprobs: [] });

/** The body, or undefined when the request has been refused already. */
async function accept(exchange: Exchange, field: string): Promise<Record<string, unknown> | undefined> {
  const refuse = (status: number, message: string): undefined => {
    exchange.json(status, { error: { message, type: "invalid_request_error", param: null, code: null } });
  };
  if (exchange.method !== "POST") return refuse(405, "this endpoint takes POST");
  const request = await readRequest(exchange);
  if (request === undefined) return refuse(400, "the body is not a JSON object");
  if (request[field] === undefined) return refuse(400, `Missing required parameter: '${field}'.`);
  return request;
}

function* chatChunks(base: object, text: string, usage: object | undefined): Iterable<ServerSentEvent> {
  const chunk = (fields: object): ServerSentEvent => ({
    data: JSON.stringify({ ...base, object: "chat.completion.chunk", ...fields }),
  });
  const choice = (delta: object, finish_reason: "stop" | null) =>
    chunk({ choices: [{ index: 0, delta, logprobs: null, finish_reason }] });
  yield choice({ role: "assistant", content: "", refusal: null }, null);
  for (const piece of pieces(text)) yield choice({ content: piece }, null);
  yield choice({}, "stop");
  if (usage !== undefined) yield chunk({ choices: [], usage });
  yield { data: "[DONE]" };
}

function newResponse(request: Record<string, unknown>): object {
  return {
    id: newId("resp"),
    object: "response",
    created_at: now(),
    status: "in_progress",
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: {},
    model: modelOf(request),
    output: [],
    parallel_tool_calls: true,
    temperature: 1,
    tool_choice: "auto",
    tools: [],
    top_p: 1,
    usage: null,
  };
}

function responseUsage(input_tokens: number, output_tokens: number): object {
  return {
    input_tokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input_tokens + output_tokens,
  };
}

function* responseEvents(
  started: object,
  finished: object,
  item: { readonly id: string },
  text: string,
): Iterable<ServerSentEvent> {
  let sequence_number = 0;
  const event = (type: string, fields: object): ServerSentEvent => ({
    event: type,
    data: JSON.stringify({ type, sequence_number: sequence_number++, ...fields }),
  });
  const place = { item_id: item.id, output_index: 0, content_index: 0 };
  yield event("response.created", { response: started });
  yield event("response.in_progress", { response: started });
  yield event("response.output_item.added", { output_index: 0, item: { ...item, status: "in_progress", content: [] } });
  yield event("response.content_part.added", { ...place, part: textPart("") });
  for (const delta of pieces(text)) yield event("response.output_text.delta", { ...place, delta, logprobs: [] });
  yield event("response.output_text.done", { ...place, text, logprobs: [] });
  yield event("response.content_part.done", { ...place, part: textPart(text) });
  yield event("response.output_item.done", {
    output_index: 0,
    item: { ...item, status: "completed", content: [textPart(text)] },
  });
  yield event("response.completed", { response: finished });
}
