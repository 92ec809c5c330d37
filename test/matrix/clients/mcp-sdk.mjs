import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { listTools } from "./support/mcp.mjs";

await listTools(Client, (url) => new StreamableHTTPClientTransport(url));
