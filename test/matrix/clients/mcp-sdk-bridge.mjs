import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { bridgeTo, listTools } from "./support/mcp.mjs";

await listTools(Client, (url) => new StdioClientTransport(bridgeTo(url)));
