import type { Exchange } from "./exchange.js";
import { isRecord, readRequest } from "./messages-api.js";

/** Protocols that are answered with themselves; whoever asks for another is answered with the last. */
const versions = ["2025-03-26", "2025-06-18", "2025-11-25"];

const whoami = {
  name: "whoami",
  description: "Whose client certificate the server was shown.",
  inputSchema: { type: "object", properties: {} },
};

/** `POST /mcp`: a small MCP server over Streamable HTTP, without sessions and streams. Its one tool says whose certificate it sees. */
export async function mcp(exchange: Exchange): Promise<void> {
  if (exchange.method !== "POST") {
    exchange.send(405, "text/plain", "this endpoint takes POST\n", { allow: "POST" });
    return;
  }
  const message = await readRequest(exchange);
  if (message === undefined || typeof message["method"] !== "string") {
    const error = { code: -32600, message: "Invalid Request" };
    exchange.json(400, { jsonrpc: "2.0", id: null, error });
    return;
  }
  const { id } = message;
  if (id === undefined) return exchange.empty(202);
  const result = resultOf(exchange, message["method"], isRecord(message["params"]) ? message["params"] : {});
  const error = { code: -32601, message: "Method not found" };
  exchange.json(200, { jsonrpc: "2.0", id, ...(result === undefined ? { error } : { result }) });
}

function resultOf(exchange: Exchange, method: string, params: Record<string, unknown>): object | undefined {
  switch (method) {
    case "initialize":
      return {
        protocolVersion: versions.find((version) => version === params["protocolVersion"]) ?? versions.at(-1),
        capabilities: { tools: {} },
        serverInfo: { name: exchange.origin, version: "1.0.0" },
      };
    case "ping":
      return {};
    case "tools/list":
      return { tools: [whoami] };
    case "tools/call":
      return params["name"] === whoami.name ? textResult(seen(exchange)) : textResult("there is no such tool", true);
    default:
      return undefined;
  }
}

function seen({ origin, connection: { peer } }: Exchange): string {
  return peer === undefined ? `${origin} sees no certificate` : `${origin} sees the certificate of ${peer}`;
}

function textResult(text: string, isError = false): object {
  return { content: [{ type: "text", text }], isError };
}
