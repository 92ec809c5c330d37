import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { listTools } from "./support/mcp.mjs";

await listTools(Client, (url) => new StreamableHTTPClientTransport(url));
