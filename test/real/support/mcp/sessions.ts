import * as v2 from "@modelcontextprotocol/client";
import { StdioClientTransport as StdioV2 } from "@modelcontextprotocol/client/stdio";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport as SseV1 } from "@modelcontextprotocol/sdk/client/sse.js";
import { StdioClientTransport as StdioV1 } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport as TransportV1 } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { builtCli } from "../built.js";

export type Sdk = "1.x" | "2.x";

/** How a client gets to the server: by the bridge on stdio, or by its own transport with our fetch. */
export type Way = { readonly variables: Readonly<Record<string, string>> } | { readonly fetch: typeof fetch };

export interface CallOptions {
  readonly onprogress?: (progress: { readonly progress: number; readonly total?: number | undefined }) => void;
  readonly signal?: AbortSignal;
}

interface Notification {
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** A connected client of either SDK. */
export interface Session extends AsyncDisposable {
  tools(): Promise<readonly string[]>;
  /** What a resource says. */
  read(uri: string): Promise<string>;
  /** What a prompt says, filled in. */
  prompt(name: string, parameters: Record<string, string>): Promise<string>;
  complete(prompt: string, argument: string, value: string): Promise<readonly string[]>;
  call(name: string, parameters?: Record<string, unknown>, options?: CallOptions): Promise<Called>;
  /** Wants to hear when the resource changes. */
  watch(uri: string): Promise<void>;
  wantLog(): Promise<void>;
  /** The first notification of the method, whether it has come or comes yet. */
  heard(method: string): Promise<Readonly<Record<string, unknown>>>;
  /** What the server has asked, in order. */
  readonly asked: readonly string[];
  /** Progress and results of tools in the order in which they came to the client, before the SDK has done anything with them. */
  readonly arrived: readonly (number | "result")[];
}

export interface Called {
  readonly content: readonly {
    readonly type: string;
    readonly text?: string;
    readonly resource?: { readonly blob?: string };
  }[];
  readonly structuredContent?: unknown;
}

const info = { name: "real", version: "1.0.0" };
const capabilities = { roots: { listChanged: true }, sampling: {}, elicitation: { form: {} } };
/** What the client says when the server asks. */
const answers = {
  roots: { roots: [{ uri: "file:///work/project", name: "project" }] },
  sampling: { role: "assistant" as const, content: { type: "text" as const, text: "a sampled line" }, model: "none" },
  elicitation: { action: "accept" as const, content: { name: "Ada" } },
};

/** More than what a busy machine takes. */
const timeout = 60_000;

const stdio = (
  url: string,
  env: Readonly<Record<string, string>>,
): { command: string; args: string[]; env: Record<string, string>; stderr: "inherit" } => ({
  command: process.execPath,
  args: [builtCli, "mcp", url],
  env: { ...env },
  stderr: "inherit",
});

export function openSession(sdk: Sdk, url: string, way: Way): Promise<Session> {
  return sdk === "1.x" ? openV1(url, way) : openV2(url, way);
}

async function openV1(url: string, way: Way): Promise<Session> {
  const client = new ClientV1(info, { capabilities });
  const { answer, ...noted } = attend(client);
  client.setRequestHandler(ListRootsRequestSchema, ({ method }) => answer(method, answers.roots));
  client.setRequestHandler(CreateMessageRequestSchema, ({ method }) => answer(method, answers.sampling));
  client.setRequestHandler(ElicitRequestSchema, ({ method }) => answer(method, answers.elicitation));
  const transport = transportV1(url, way);
  const arrived = record(transport);
  await client.connect(transport, { timeout });
  return {
    ...whatIsCommon(client),
    ...noted,
    arrived,
    async call(name, parameters = {}, options = {}) {
      return (await client.callTool({ name, arguments: parameters }, undefined, { timeout, ...options })) as Called;
    },
    watch: async (uri) => void (await client.subscribeResource({ uri })),
    wantLog: async () => void (await client.setLoggingLevel("debug")),
  };
}

function transportV1(url: string, way: Way): TransportV1 {
  if ("variables" in way) return new StdioV1(stdio(url, way.variables));
  const options = { fetch: way.fetch };
  return url.endsWith("/sse") ? new SseV1(new URL(url), options) : new HttpV1(new URL(url), options);
}

async function openV2(url: string, way: Way): Promise<Session> {
  const client = new v2.Client(info, { capabilities, versionNegotiation: { mode: "auto" } });
  const { answer, ...noted } = attend(client);
  client.setRequestHandler("roots/list", ({ method }) => answer(method, answers.roots));
  client.setRequestHandler("sampling/createMessage", ({ method }) => answer(method, answers.sampling));
  client.setRequestHandler("elicitation/create", ({ method }) => answer(method, answers.elicitation));
  const transport = transportV2(url, way);
  const arrived = record(transport);
  await client.connect(transport, { timeout });
  const isModern = client.getProtocolEra() === "modern";
  // In the modern era each request says for itself what of the log it wants.
  let wishes: Record<string, unknown> = {};
  return {
    ...whatIsCommon(client),
    ...noted,
    arrived,
    async call(name, parameters = {}, options = {}) {
      const request = { name, arguments: parameters, _meta: wishes };
      return (await client.callTool(request, { timeout, ...options })) as Called;
    },
    async watch(uri) {
      if (isModern) await client.listen({ resourceSubscriptions: [uri] });
      else await client.subscribeResource({ uri });
    },
    async wantLog() {
      if (isModern) wishes = { [v2.LOG_LEVEL_META_KEY]: "debug" };
      else await client.setLoggingLevel("debug");
    },
  };
}

function transportV2(url: string, way: Way): v2.Transport {
  if ("variables" in way) return new StdioV2(stdio(url, way.variables));
  const options = { fetch: way.fetch };
  return url.endsWith("/sse")
    ? new v2.SSEClientTransport(new URL(url), options)
    : new v2.StreamableHTTPClientTransport(new URL(url), options);
}

/** The SDKs keep a listener that is there before they connect, and call it first. */
function record(transport: object): (number | "result")[] {
  const arrived: (number | "result")[] = [];
  const onmessage = (message: { method?: string; result?: object; params?: { progress?: number; total?: number } }) => {
    const { progress, total } = message.params ?? {};
    if (message.method === "notifications/progress" && progress !== undefined && total !== undefined)
      arrived.push(progress);
    else if ("content" in (message.result ?? {})) arrived.push("result");
  };
  Object.assign(transport, { onmessage });
  return arrived;
}

interface Listening {
  fallbackNotificationHandler?: (notification: Notification) => Promise<void>;
}

/** Notes what the server asks, which is to be answered by `answer`, and what it tells. */
function attend(client: Listening) {
  const asked: string[] = [];
  return {
    asked,
    heard: listenTo(client),
    answer: <T>(method: string, result: T): T => (asked.push(method), result),
  };
}

function listenTo(client: Listening): Session["heard"] {
  const heard: Notification[] = [];
  const waiting = new Set<() => void>();
  client.fallbackNotificationHandler = async (notification) => {
    heard.push(notification);
    for (const look of waiting) look();
  };
  return async (method) => {
    for (;;) {
      const found = heard.find((notification) => notification.method === method);
      if (found !== undefined) return found.params ?? {};
      await new Promise<void>((resolve) => waiting.add(resolve));
    }
  };
}

/** What both SDKs call the same. */
function whatIsCommon(
  client: ClientV1 | v2.Client,
): Pick<Session, "tools" | "read" | "prompt" | "complete" | typeof Symbol.asyncDispose> {
  return {
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    async read(uri) {
      const [first] = (await client.readResource({ uri })).contents;
      return first !== undefined && "text" in first ? first.text : "";
    },
    prompt: async (name, parameters) => JSON.stringify(await client.getPrompt({ name, arguments: parameters })),
    async complete(name, argument, value) {
      const request = { ref: { type: "ref/prompt" as const, name }, argument: { name: argument, value } };
      return (await client.complete(request)).completion.values;
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}
