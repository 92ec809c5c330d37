import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { toNodeHandler } from "@modelcontextprotocol/node";
import {
  completable,
  createMcpHandler,
  inputRequired,
  inputResponse,
  McpServer,
  ResourceTemplate,
  type CallToolResult,
  type McpHttpHandler,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { z } from "zod";

export interface ModernServer extends AsyncDisposable {
  readonly port: number;
}

/**
 * A server of `@modelcontextprotocol/server` 2.x, as its documentation makes one. Its tools are called as those of server-everything are, so
 * that the same tests fit both.
 * @param legacy whether it serves clients of the legacy era too, without sessions
 */
export async function startModernServer(legacy: "reject" | "stateless", watch: Watch): Promise<ModernServer> {
  const handler: McpHttpHandler = createMcpHandler(
    () => everything(watch, (uri) => handler.notify.resourceUpdated(uri)),
    {
      legacy,
    },
  );
  const serve = toNodeHandler(handler);
  // Its types have no "undefined" for the method, which a request to a server always has.
  const server = createServer((request, response) => void serve(request as Parameters<typeof serve>[0], response));
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      await handler.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface Watch {
  /** A call was given up, as the server sees it. */
  cancelled(): void;
}

const text = (said: string): CallToolResult => ({ content: [{ type: "text", text: said }] });

function everything(watch: Watch, updated: (uri: string) => void): McpServer {
  const mcp = new McpServer(
    { name: "modern", version: "1.0.0" },
    { capabilities: { tools: { listChanged: true }, resources: { subscribe: true }, logging: {} } },
  );
  const numbers = z.object({ a: z.number(), b: z.number() });
  mcp.registerTool("get-sum", { inputSchema: numbers }, ({ a, b }) => text(`The sum of ${a} and ${b} is ${a + b}.`));
  const outputSchema = z.object({ temperature: z.number(), conditions: z.string(), humidity: z.number() });
  mcp.registerTool("get-structured-content", { inputSchema: z.object({ location: z.string() }), outputSchema }, () => ({
    ...text("mild"),
    structuredContent: { temperature: 33, conditions: "Cloudy", humidity: 82 },
  }));
  mcp.registerTool("gzip-file-as-resource", { inputSchema: z.object({ data: z.string() }) }, async ({ data }) => {
    const { zipped } = await fetched(data);
    return { content: [{ type: "resource", resource: { uri: "demo://zipped", blob: zipped.toString("base64") } }] };
  });
  mcp.registerTool("toggle-simulated-logging", {}, async (ctx) => {
    await ctx.mcpReq.log("error", "Error-level message");
    return text("logged");
  });
  mcp.registerTool("toggle-subscriber-updates", {}, () => {
    updated(textUri(1));
    return text("updated");
  });
  longOperation(mcp, watch);
  questions(mcp);
  readable(mcp);
  return mcp;
}

async function fetched(url: string): Promise<{ readonly zipped: Buffer }> {
  const { gzipSync } = await import("node:zlib");
  return { zipped: gzipSync(Buffer.from(await (await fetch(url)).arrayBuffer())) };
}

function longOperation(mcp: McpServer, watch: Watch): void {
  const inputSchema = z.object({ duration: z.number(), steps: z.number() });
  mcp.registerTool("trigger-long-running-operation", { inputSchema }, async ({ duration, steps }, { mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken;
    for (let progress = 1; progress <= steps; progress++) {
      const over = await stepOver((duration / steps) * 1000, mcpReq.signal);
      if (over === "cancelled") {
        watch.cancelled();
        return text("cancelled");
      }
      if (progressToken === undefined) continue;
      await mcpReq.notify({ method: "notifications/progress", params: { progress, total: steps, progressToken } });
    }
    return text(`Long running operation completed. Duration: ${duration} seconds, Steps: ${steps}.`);
  });
}

function stepOver(ms: number, signal: AbortSignal): Promise<"over" | "cancelled"> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve("over"), ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve("cancelled");
    });
  });
}

/** What it wants of the client it asks for in its result, and is called again with the answer. */
function questions(mcp: McpServer): void {
  const answerTo = ({ mcpReq }: ServerContext): ReturnType<typeof inputResponse> =>
    inputResponse(mcpReq.inputResponses, "answer");
  mcp.registerTool("trigger-sampling-request", { inputSchema: z.object({ prompt: z.string() }) }, ({ prompt }, ctx) => {
    const answer = answerTo(ctx);
    if (answer.kind === "sampling") return text(`LLM sampling result: ${JSON.stringify(answer.result)}`);
    const messages = [{ role: "user" as const, content: { type: "text" as const, text: prompt } }];
    return inputRequired({ inputRequests: { answer: inputRequired.createMessage({ messages, maxTokens: 10 }) } });
  });
  mcp.registerTool("trigger-elicitation-request", {}, (ctx) => {
    const answer = answerTo(ctx);
    if (answer.kind === "elicit") return text(`User inputs: - Name: ${String(answer.content?.["name"])}`);
    const elicit = { message: "Who are you?", requestedSchema: z.object({ name: z.string() }) };
    return inputRequired({ inputRequests: { answer: inputRequired.elicit(elicit) } });
  });
  mcp.registerTool("get-roots-list", {}, (ctx) => {
    const answer = answerTo(ctx);
    if (answer.kind === "roots") return text(answer.roots.map(({ name, uri }) => `${name}: ${uri}`).join("\n"));
    return inputRequired({ inputRequests: { answer: inputRequired.listRoots() } });
  });
}

const textUri = (id: number | string): string => `demo://resource/dynamic/text/${id}`;

function readable(mcp: McpServer): void {
  const template = new ResourceTemplate(textUri("{resourceId}"), { list: undefined });
  mcp.registerResource("Dynamic Text Resource", template, { mimeType: "text/plain" }, (uri, { resourceId }) => ({
    contents: [{ uri: uri.href, text: `Resource ${String(resourceId)}: This is a plaintext resource` }],
  }));
  const department = completable(z.string(), (value) =>
    ["Engineering", "Sales", "Marketing", "Support"].filter((name) => name.startsWith(value)),
  );
  const argsSchema = z.object({ department, name: z.string() });
  mcp.registerPrompt("completable-prompt", { argsSchema }, (promoted) => {
    const said = `Please promote ${promoted.name} to the head of the ${promoted.department} team.`;
    return { messages: [{ role: "user", content: { type: "text", text: said } }] };
  });
}
