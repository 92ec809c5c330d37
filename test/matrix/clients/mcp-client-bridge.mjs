import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { bridgeTo, listTools } from "./support/mcp.mjs";

await listTools(Client, (url) => new StdioClientTransport(bridgeTo(url)));
