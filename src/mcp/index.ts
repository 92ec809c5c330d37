export { createMcpFetch, type McpFetch, type McpFetchOptions } from "./fetch/mcp-fetch.js";
