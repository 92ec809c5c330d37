import { json } from "node:stream/consumers";
import type { Handler } from "./upstream.js";

interface Call {
  readonly id?: number | string;
  readonly method: string;
  readonly params?: { readonly protocolVersion?: string };
}

const serverInfo = { name: "lab", version: "1.0.0" };

/** An MCP server over Streamable HTTP with one tool, as far as clients go to list it. */
export const mcp: Handler = (request, response) => {
  if (request.url !== "/mcp") return false;
  if (request.method !== "POST") {
    // No stream of its own accord, no session to end.
    response.writeHead(405).end();
    return true;
  }
  void json(request).then((body) => {
    const call = body as Call;
    if (call.id === undefined) return response.writeHead(202).end();
    const answer = { jsonrpc: "2.0", id: call.id, ...answerTo(call) };
    return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
  return true;
};

function answerTo(call: Call): object {
  switch (call.method) {
    case "initialize": {
      const protocolVersion = call.params?.protocolVersion ?? "2025-06-18";
      return { result: { protocolVersion, capabilities: { tools: {} }, serverInfo } };
    }
    case "tools/list":
      return { result: { tools: [{ name: "echo", inputSchema: { type: "object" } }] } };
    default:
      return { error: { code: -32_601, message: `no method ${call.method}` } };
  }
}
