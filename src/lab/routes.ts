import { setTimeout as pause } from "node:timers/promises";
import type { Exchange, ServerSentEvent } from "./exchange.js";
import { mcp } from "./mcp.js";
import { countMessageTokens, messages } from "./messages-api.js";
import { chatCompletions, responses } from "./openai-api.js";
import type { LabEcho } from "./types.js";

/** Answers a request as every origin of the lab does. */
export async function answer(exchange: Exchange): Promise<void> {
  const path = exchange.url.pathname;
  const interval = number(exchange, "interval", 0);
  switch (path) {
    case "/v1/messages":
      return messages(exchange, interval);
    case "/v1/messages/count_tokens":
      return countMessageTokens(exchange);
    case "/v1/chat/completions":
      return chatCompletions(exchange, interval);
    case "/v1/responses":
      return responses(exchange, interval);
    case "/mcp":
      return mcp(exchange);
    case "/sse":
      return exchange.stream(ticks(number(exchange, "count", 3)), number(exchange, "interval", 10));
    case "/bytes":
      return bytes(exchange, number(exchange, "n", 1024));
    case "/redirect":
      return exchange.send(number(exchange, "status", 302), "text/plain", "", {
        location: exchange.url.searchParams.get("to") ?? "/echo",
      });
    case "/slow":
      await pause(number(exchange, "ms", 1000), undefined, { signal: exchange.gone });
      return echo(exchange, 200);
    default:
      return echo(exchange, Number(/^\/status\/([2-5]\d\d)$/.exec(path)?.[1] ?? 200));
  }
}

async function echo(exchange: Exchange, status: number): Promise<void> {
  const body = await exchange.digest();
  const { request, connection } = exchange;
  const seen: LabEcho = {
    origin: exchange.origin,
    method: exchange.method,
    url: request.url ?? "/",
    httpVersion: request.httpVersion,
    headers: exchange.headers,
    peer: connection.peer ?? null,
    tls: connection.tls,
    connection: connection.number,
    body,
  };
  // These have no body (RFC 9110 section 15).
  if (status === 204 || status === 205 || status === 304) return exchange.empty(status);
  exchange.json(status, seen);
}

async function bytes(exchange: Exchange, count: number): Promise<void> {
  const part = Buffer.alloc(64 * 1024, "sallyport lab\n");
  exchange.begin(200, { "content-type": "application/octet-stream", "content-length": count });
  for (let left = count; left > 0; left -= part.length) await exchange.write(part.subarray(0, left));
  exchange.end();
}

function* ticks(count: number): Iterable<ServerSentEvent> {
  for (let tick = 1; tick <= count; tick++) yield { event: "tick", data: JSON.stringify({ tick, of: count }) };
}

/** A parameter of the query that is a whole number, not negative. */
function number(exchange: Exchange, name: string, otherwise: number): number {
  const text = exchange.url.searchParams.get(name);
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : otherwise;
}
