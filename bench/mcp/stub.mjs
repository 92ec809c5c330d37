/**
 * An MCP server that costs next to nothing, in a process of its own, so that what is measured is the bridge: it answers with JSON of a few
 * hundred bytes, and keeps no session. Tells its parent by one message where it listens.
 */
import { createServer } from "node:http";

const tools = Array.from({ length: 10 }, (_, index) => ({
  name: index === 0 ? "echo" : `tool-${index}`,
  description: "Says what it was told.",
  inputSchema: { type: "object", properties: { message: { type: "string" } }, required: ["message"] },
}));

const results = {
  initialize: () => ({
    protocolVersion: "2025-11-25",
    capabilities: { tools: {} },
    serverInfo: { name: "stub", version: "1.0.0" },
  }),
  "tools/list": () => ({ tools }),
  "tools/call": ({ arguments: { message } }) => ({ content: [{ type: "text", text: `Echo: ${message}` }] }),
};

const server = createServer((request, response) => {
  if (request.method !== "POST") {
    response.writeHead(405, { allow: "POST" }).end();
    return;
  }
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (chunk) => (body += chunk));
  request.on("end", () => answer(JSON.parse(body), response));
});

function answer({ id, method, params }, response) {
  if (id === undefined) {
    response.writeHead(202).end();
    return;
  }
  const result = results[method]?.(params);
  const error = { code: -32601, message: "Method not found" };
  const text = JSON.stringify({ jsonrpc: "2.0", id, ...(result === undefined ? { error } : { result }) });
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) }).end(text);
}

server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => process.send({ url: `http://127.0.0.1:${server.address().port}/mcp` }));
process.on("disconnect", () => process.exit());
