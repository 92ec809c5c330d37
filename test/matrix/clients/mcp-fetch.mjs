import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { createNetwork } from "../../../dist/index.js";
import { createMcpFetch } from "../../../dist/mcp/index.js";
import { listTools } from "./support/mcp.mjs";

const network = await createNetwork();
const fetch = createMcpFetch(network);
await listTools(Client, (url) => new StreamableHTTPClientTransport(url, { fetch }));
await network.close();
