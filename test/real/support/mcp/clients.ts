import * as v2 from "@modelcontextprotocol/client";
import { StdioClientTransport as StdioV2 } from "@modelcontextprotocol/client/stdio";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as StdioV1 } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import type { Readable } from "node:stream";
import { builtCli } from "../built.js";

/** The SDK's own class asks for the era of the server in a process of its own first, which would log in for itself. A subclass does not. */
class StdioInPlace extends StdioV2 {}

/** How the bridge is started. */
export interface BridgeStart {
  readonly url: string;
  readonly flags: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** The bridge asks for a login at this URL. */
  readonly visit: (url: string) => Promise<void>;
}

/** What the scenarios ask of a client, by whichever SDK. */
export interface McpClient extends AsyncDisposable {
  tools(): Promise<readonly string[]>;
  call(name: string, parameters?: Record<string, unknown>): Promise<unknown>;
  /** Whatever else the server has: its resources and prompts. */
  browse(): Promise<void>;
}

function command({ url, flags, variables }: BridgeStart): {
  command: string;
  args: string[];
  env: Record<string, string>;
  stderr: "pipe";
} {
  const args = [builtCli, "mcp", "--no-browser", ...flags, url];
  return { command: process.execPath, args, env: { ...variables }, stderr: "pipe" };
}

/** Does what a person would who reads the bridge's lines: opens the URL. What the bridge said is given back. */
function follow(stderr: unknown, visit: BridgeStart["visit"]): () => string {
  let said = "";
  const visited = new Set<string>();
  (stderr as Readable).setEncoding("utf8").on("data", (chunk: string) => {
    said += chunk;
    for (const [url] of said.matchAll(/https?:\S+\/authorize\?\S+(?=\s)/g)) {
      if (visited.has(url)) continue;
      visited.add(url);
      // What goes wrong there the bridge says in its own words.
      visit(url).catch(() => undefined);
    }
  });
  return () => said;
}

/** A client of the legacy era, `@modelcontextprotocol/sdk`, which talks to the bridge on stdio. */
export async function legacyClient(start: BridgeStart): Promise<McpClient> {
  const client = new ClientV1(
    { name: "conformance", version: "1" },
    { capabilities: { elicitation: { form: { applyDefaults: true } } } },
  );
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: "accept", content: {} }));
  const transport = new StdioV1(command(start));
  follow(transport.stderr, start.visit);
  return opened(client, () => client.connect(transport));
}

/** A client of both eras, `@modelcontextprotocol/client`, which tries the modern one first. */
export async function modernClient(start: BridgeStart): Promise<McpClient> {
  const client = new v2.Client(
    { name: "conformance", version: "1" },
    { capabilities: { elicitation: { form: {} } }, versionNegotiation: { mode: "auto" } },
  );
  client.setRequestHandler("elicitation/create", () => ({ action: "accept", content: { confirmed: true } }));
  const transport = new StdioInPlace(command(start));
  follow(transport.stderr, start.visit);
  return opened(client, () => client.connect(transport));
}

async function opened(client: ClientV1 | v2.Client, connect: () => Promise<void>): Promise<McpClient> {
  try {
    await connect();
  } catch (error) {
    await client.close();
    throw error;
  }
  return {
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: (name, parameters = {}) => client.callTool({ name, arguments: parameters }),
    async browse() {
      const [resource] = (await client.listResources()).resources;
      if (resource !== undefined) await client.readResource({ uri: resource.uri });
      const [prompt] = (await client.listPrompts()).prompts;
      if (prompt !== undefined) await client.getPrompt({ name: prompt.name });
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}
