/** The MCP SDK's transport over HTTP takes a fetch: here to a server behind a proxy with a login. */
import assert from "node:assert/strict";
import http from "node:http";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { createNetwork } from "sallyport";
import { labVariables, startStandardLab } from "sallyport/lab";
import { createMcpFetch } from "sallyport/mcp";

const lab = await startStandardLab();
const server = http.createServer((request, response) => void serve(request, response)).listen(0, "127.0.0.1");
await new Promise((resolve) => server.once("listening", resolve));
const net = await createNetwork({
  source: { variables: labVariables(lab, lab.basic) },
  // Through the proxy although the server is on this machine.
  noProxy: "<-loopback>",
  lookup: lab.lookup,
});
const client = new Client({ name: "example", version: "1.0.0" });
try {
  const url = new URL(`http://127.0.0.1:${server.address().port}/mcp`);
  await client.connect(new StreamableHTTPClientTransport(url, { fetch: createMcpFetch(net) }));
  const { content } = await client.callTool({ name: "where" });
  assert.equal(content[0].text, "reached");
  assert.notEqual(lab.log.of("basic", "request").length, 0, "through the proxy");
  console.log(`the MCP server was ${content[0].text}, through the proxy`);
} finally {
  await client.close();
  await net.close();
  server.close();
  server.closeAllConnections();
  await lab.close();
}

/** A server with one tool and no sessions. */
async function serve(request, response) {
  const mcp = new McpServer({ name: "example", version: "1.0.0" });
  mcp.registerTool("where", { description: "Says that it was reached" }, () => ({
    content: [{ type: "text", text: "reached" }],
  }));
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  response.on("close", () => void mcp.close());
  await mcp.connect(transport);
  await transport.handleRequest(request, response);
}
