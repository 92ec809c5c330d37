/** Sallyport's bridge, its peers, and no bridge at all: each opened through the same SDK, as an MCP client would. */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cleanEnvironment } from "../processes.mjs";

export const ours = "sallyport mcp";
export const rival = "mcp-remote";
/** The SDK speaks HTTP by itself. */
export const direct = "direct (SDK)";

const root = fileURLToPath(new URL("../..", import.meta.url));
const peer = (path) => fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url));

const commands = {
  [ours]: (url) => [join(root, "dist/cli/bin.cjs"), "mcp", url],
  [rival]: (url) => [peer("mcp-remote/dist/proxy.js"), url, "--silent"],
  supergateway: (url) => [peer("supergateway/dist/index.js"), "--streamableHttp", url, "--logLevel", "none"],
};

export const bridges = Object.keys(commands);

/**
 * A client that has shaken hands.
 * @param home a folder for what a bridge keeps of earlier runs
 * @returns {Promise<{ client: Client, megabytes(): number | undefined, close(): Promise<void> }>}
 */
export async function open(name, url, home) {
  const client = new Client({ name: "bench", version: "1.0.0" });
  const transport =
    name === direct ? new StreamableHTTPClientTransport(new URL(url)) : stdio(commands[name](url), home);
  await client.connect(transport);
  return {
    client,
    megabytes: () => (transport.pid === undefined ? undefined : residentMegabytes(transport.pid)),
    close: () => client.close(),
  };
}

function stdio(args, home) {
  const env = cleanEnvironment({ HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home, MCP_REMOTE_CONFIG_DIR: home });
  return new StdioClientTransport({ command: process.execPath, args, env, stderr: "ignore" });
}

/** As it is now, where /proc tells. */
function residentMegabytes(pid) {
  try {
    const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
  } catch {
    return undefined;
  }
}
