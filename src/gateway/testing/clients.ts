import { once } from "node:events";
import net, { type AddressInfo, type Server, type Socket } from "node:net";
import { bareHost } from "../../base/hostname.js";
import type { Lab } from "../../lab/index.js";
import { startGateway } from "../index.js";
import type { Gateway, GatewayEvent, GatewayOptions, Starter } from "../types.js";

/** A gateway of the lab's office: it trusts the lab, resolves what the office's resolver knows, and reads no file of this machine. */
export async function gatewayAt(
  lab: Lab | undefined,
  options: GatewayOptions = {},
  starter?: Starter,
): Promise<Gateway & { events: GatewayEvent[] }> {
  const events: GatewayEvent[] = [];
  const gateway = await startGateway(
    {
      source: { variables: { HOME: "/nonexistent" } },
      stores: ["bundled"],
      watch: false,
      ...(lab !== undefined && { ca: [lab.files.rootCa], lookup: lab.lookup }),
      onEvent: (event) => events.push(event),
      ...options,
    },
    starter,
  );
  return Object.assign(gateway, { events });
}

export const portOf = ({ url }: { readonly url: string }): number => Number(new URL(url).port);

export const basicFor = (token: string | undefined, user = "anyone"): string =>
  `Proxy-Authorization: Basic ${Buffer.from(`${user}:${token ?? ""}`).toString("base64")}\r\n`;

/** A client by hand, who sends what no client would. */
export class RawClient implements AsyncDisposable {
  readonly socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #ended: "end" | "reset" | undefined;
  #changed = (): void => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#changed();
    });
    // Node 20 and 22 tell a reset right behind the last bytes as an end; the kernel has no peer for it then.
    socket.on("end", () => this.#finish(hasPeer(socket) ? "end" : "reset"));
    socket.on("error", () => this.#finish("reset"));
    socket.on("close", () => this.#finish("reset"));
  }

  static async to(gateway: { readonly url: string }): Promise<RawClient> {
    const { url } = gateway;
    const socket = url.startsWith("unix:")
      ? net.connect({ path: url.slice(5), allowHalfOpen: true })
      : net.connect({
          host: bareHost(new URL(url).hostname),
          port: portOf({ url }),
          allowHalfOpen: true,
        });
    await once(socket, "connect");
    return new RawClient(socket);
  }

  /** Latin-1, so that every byte can be written. */
  send(text: string | Uint8Array): this {
    this.socket.write(typeof text === "string" ? Buffer.from(text, "latin1") : text);
    return this;
  }

  /** The next bytes, up to and with the end of an HTTP head and its content. */
  async answer(): Promise<string> {
    const head = await this.#take((text) => (text.includes("\r\n\r\n") ? text.indexOf("\r\n\r\n") + 4 : -1));
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
    return head + (length === 0 ? "" : await this.bytes(length));
  }

  bytes(count: number): Promise<string> {
    return this.#take((text) => (text.length >= count ? count : -1));
  }

  /** How the connection ended for the client. */
  async end(): Promise<"end" | "reset"> {
    for (;;) {
      if (this.#ended !== undefined) return this.#ended;
      await this.#change();
    }
  }

  /** Everything that is still to come, once it has ended. */
  async rest(): Promise<string> {
    await this.end();
    return this.#received.toString("latin1");
  }

  /** The rest piece by piece, for what is too much to be held. */
  async *taken(): AsyncGenerator<Buffer> {
    for (;;) {
      const chunk = this.#received;
      this.#received = Buffer.alloc(0);
      if (chunk.length > 0) yield chunk;
      else if (this.#ended === undefined) await this.#change();
      else return;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.socket.destroyed) return;
    this.socket.destroy();
    await once(this.socket, "close");
  }

  async #take(endOf: (text: string) => number): Promise<string> {
    for (;;) {
      const text = this.#received.toString("latin1");
      const end = endOf(text);
      if (end !== -1) {
        this.#received = this.#received.subarray(end);
        return text.slice(0, end);
      }
      if (this.#ended !== undefined) throw new Error(`ended (${this.#ended}) after ${JSON.stringify(text)}`);
      await this.#change();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => (this.#changed = resolve));
  }

  #finish(how: "end" | "reset"): void {
    this.#ended ??= how;
    this.#changed();
  }
}

function hasPeer(socket: Socket): boolean {
  if (socket.writableEnded) return true;
  const { _handle: handle } = socket as unknown as { _handle: { getpeername?: (out: object) => number } | null };
  return handle?.getpeername === undefined || handle.getpeername({}) === 0;
}

/** Opens a tunnel as a client that knows the token. */
export async function tunnelTo(gateway: Gateway, target: string): Promise<RawClient> {
  const client = await RawClient.to(gateway);
  client.send(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${basicFor(gateway.token)}\r\n`);
  const answer = await client.answer();
  if (!answer.startsWith("HTTP/1.1 200 ")) throw new Error(answer);
  return client;
}

export interface Upstream extends AsyncDisposable {
  readonly port: number;
  /** `127.0.0.1:port`. */
  readonly target: string;
  readonly sockets: readonly Socket[];
  /** The connection with this number, from 0, once it is there. */
  connection(number?: number): Promise<Socket>;
}

/** A server on loopback that does with each connection what the test says. */
export async function upstream(serve: (socket: Socket) => void): Promise<Upstream> {
  const sockets: Socket[] = [];
  const server: Server = net.createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    serve(socket);
    server.emit("served");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    target: `127.0.0.1:${port}`,
    sockets,
    async connection(number = 0) {
      for (;;) {
        const socket = sockets[number];
        if (socket !== undefined) return socket;
        await once(server, "served");
      }
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Resolves once `holds` does; the test's own time limit bounds it. Events tell most things, and the rest is asked for. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
