import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import { createNetwork } from "../../../../src/clients/index.js";
import { runBridge, type BridgeEvent, type BridgeOptions } from "../../../../src/mcp/index.js";

export interface Rpc {
  readonly jsonrpc?: string;
  readonly id?: string | number | null;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly data?: Readonly<Record<string, unknown>>;
  };
}

/** A request as a server double sees it. */
export interface Seen {
  readonly method: string;
  readonly headers: IncomingMessage["headers"];
  readonly message: Rpc;
  readonly answer: ServerResponse;
  json(value: Rpc, headers?: Readonly<Record<string, string>>): void;
}

/** A server on loopback that answers as it is told. */
export async function serve(
  handle: (seen: Seen) => void,
): Promise<AsyncDisposable & { readonly url: URL; readonly seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer((request, answer) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      const one: Seen = {
        method: request.method ?? "",
        headers: request.headers,
        message: text === "" ? {} : (JSON.parse(text) as Rpc),
        answer,
        json(value, headers = {}) {
          answer.writeHead(200, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
        },
      };
      seen.push(one);
      handle(one);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`),
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** An event of a stream. */
export const eventOf = (message: object, id?: string): string =>
  `${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify({ jsonrpc: "2.0", ...message })}\n\n`;

/** A server of HTTP+SSE, which welcomes whoever asks for anything. */
export async function serveSse(): Promise<
  Awaited<ReturnType<typeof serve>> & { readonly told: (string | undefined)[]; cut(): void }
> {
  let stream: ServerResponse | undefined;
  const told: (string | undefined)[] = [];
  const server = await serve(({ method, message, answer }) => {
    if (method === "GET") {
      answer.writeHead(200, { "content-type": "text/event-stream" });
      answer.write("event: endpoint\ndata: /messages?id=1\n\n");
      stream = answer;
    } else if (stream === undefined) answer.writeHead(405).end();
    else {
      answer.writeHead(202).end();
      told.push(message.method);
      if (message.id !== undefined) stream.write(eventOf({ id: message.id, result: welcome }));
    }
  });
  const cut = (): void => {
    stream?.end();
    stream = undefined;
  };
  return { ...server, told, cut };
}

/** A bridge, and the client's end of it. */
export class Bridged implements AsyncDisposable {
  readonly events: BridgeEvent[] = [];
  readonly received: Rpc[] = [];
  readonly #input = new PassThrough();
  readonly #waiting = new Set<() => void>();
  readonly #network: Awaited<ReturnType<typeof createNetwork>>;
  readonly done: Promise<void>;

  private constructor(
    network: Awaited<ReturnType<typeof createNetwork>>,
    options: Partial<BridgeOptions> & { url: URL },
  ) {
    this.#network = network;
    this.done = runBridge({
      network,
      input: this.#input,
      output: { write: (chunk) => this.#take(chunk) },
      onEvent: (event) => void this.events.push(event),
      ...options,
    });
  }

  static async to(url: URL, options: Partial<BridgeOptions> = {}): Promise<Bridged> {
    return new Bridged(await createNetwork({ source: { variables: {} } }), { url, ...options });
  }

  get faults(): readonly string[] {
    return this.events.flatMap((event) => (event.kind === "fault" ? [event.fault.code] : []));
  }

  write(text: string): void {
    this.#input.write(text);
  }

  send(message: Rpc): void {
    this.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  }

  end(): void {
    this.#input.end();
  }

  /** The first message that is so, whether it has come or comes yet. */
  async next(matches: (message: Rpc) => boolean): Promise<Rpc> {
    for (;;) {
      const found = this.received.find(matches);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  answer(id: string | number | null): Promise<Rpc> {
    return this.next((message) => message.id === id && message.method === undefined);
  }

  async ask(message: Rpc & { readonly id: string | number }): Promise<Rpc> {
    this.send(message);
    return this.answer(message.id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
    await this.done;
    await this.#network.destroy();
  }

  async #take(chunk: string): Promise<void> {
    for (const line of chunk.split("\n")) if (line !== "") this.received.push(JSON.parse(line) as Rpc);
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

export const initialize = {
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } },
} as const;

export const welcome = {
  protocolVersion: "2025-11-25",
  capabilities: { tools: {} },
  serverInfo: { name: "double", version: "1" },
};

export const modernMeta = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": { elicitation: {} },
};
