import { once } from "node:events";
import { mkdtemp, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from "node:tls";
import { Worker } from "node:worker_threads";
import type { FaultCode, Stage } from "../../../../src/base/codes.js";
import type { Hop } from "../../../../src/base/errors.js";
import type { ContextOptions } from "../../../../src/clients/index.js";
import type { ProbeName } from "../../../../src/doctor/index.js";
import type { Lab, LabOrigin, LabProxy, OriginOptions, ProxyOptions } from "../../../../src/lab/index.js";

/** Who tells somebody of a fault. */
export const sayers = ["doctor", "fetch", "agent", "gateway", "mcp"] as const;
export type Sayer = (typeof sayers)[number];

/** What is asked for, and the settings that it is asked with. */
export interface Setting {
  readonly url: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly options?: ContextOptions;
  /** What the doctor is to look at besides. */
  readonly probes?: readonly ProbeName[];
}

export const withVariables = (setting: Setting, more: Readonly<Record<string, string>>): Setting => ({
  ...setting,
  variables: { ...setting.variables, ...more },
});

/** One way in which a code comes about. */
export interface Scene {
  readonly code: FaultCode;
  /** How it is made, for the table in the docs. */
  readonly how: string;
  /** Whose it is. Default: `local`. */
  readonly hop?: Hop;
  /** Default: that of the code. */
  readonly stage?: Stage;
  /** The doctor says it as a warning, and the request is made. Default: as the code's severity is. */
  readonly severity?: "warning";
  /** Who says something else, and what: another code, or `-` where the answer is handed on as it came. */
  readonly otherwise?: Readonly<Partial<Record<Sayer, FaultCode | "-">>>;
  make(place: Place): Promise<Setting>;
  /** Does what the remedy says, where that can be done here; gives the settings by which all is well then. */
  readonly mend?: (remedy: string, setting: Setting, place: Place) => Promise<Setting>;
  /** Why that cannot be done here, where it is not. */
  readonly unmended?: string;
}

/** What scenes are made of. All that is opened here is closed with the scene. */
export class Place implements AsyncDisposable {
  readonly lab: Lab;
  readonly #closers: (() => unknown)[] = [];
  #folder: Promise<string> | undefined;
  /** The origin or proxy that was made last: a remedy for its people is carried out there. */
  lastOrigin: LabOrigin | undefined;
  lastProxy: LabProxy | undefined;

  constructor(lab: Lab) {
    this.lab = lab;
  }

  /** Trusts the lab's root. */
  get trusting(): Readonly<Record<string, string>> {
    return { NODE_EXTRA_CA_CERTS: this.lab.files.rootCa };
  }

  async origin(options?: OriginOptions): Promise<LabOrigin> {
    const origin = await this.lab.origin(options);
    this.#closers.push(() => origin.close());
    return (this.lastOrigin = origin);
  }

  async proxy(options?: ProxyOptions): Promise<LabProxy> {
    const proxy = await this.lab.proxy(options);
    this.#closers.push(() => proxy.close());
    return (this.lastProxy = proxy);
  }

  /** A good origin behind this proxy. */
  async behind(proxy: string, more: Readonly<Record<string, string>> = {}): Promise<Setting> {
    const { url } = await this.origin();
    return { url, variables: { HTTPS_PROXY: proxy, ...this.trusting, ...more } };
  }

  /** An origin that is reached directly. */
  async direct(options?: OriginOptions, more: Readonly<Record<string, string>> = {}): Promise<Setting> {
    const { directUrl } = await this.origin(options);
    return { url: directUrl, variables: { ...this.trusting, ...more } };
  }

  /** A port that does `work` with each connection. */
  async port(work: (socket: Socket) => void): Promise<number> {
    const open = new Set<Socket>();
    const server = createServer((socket) => {
      open.add(socket.on("error", () => undefined));
      work(socket);
    });
    this.#closers.push(() => {
      for (const socket of open) socket.destroy();
      server.close();
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    return (server.address() as AddressInfo).port;
  }

  /**
   * A TLS port with a good certificate for localhost, which answers each connection's first bytes so, or where HTTP/2 was agreed on
   * by `http2`, if that is given.
   */
  async tlsPort(options: TlsOptions, answer: string, http2?: (socket: TLSSocket) => void): Promise<number> {
    const { chain, key } = await this.lab.authorities.intermediate.issue({
      commonName: "localhost",
      hosts: ["localhost"],
      usage: "server",
    });
    const alpn = http2 === undefined ? {} : { ALPNProtocols: ["h2", "http/1.1"] };
    const server = createTlsServer({ cert: chain, key, ...alpn, ...options }, (socket) => {
      socket.on("error", () => undefined);
      if (http2 !== undefined && socket.alpnProtocol === "h2") {
        http2(socket);
        return;
      }
      socket.once("data", () => socket.end(answer));
    });
    server.on("tlsClientError", () => undefined);
    this.#closers.push(() => server.close());
    await once(server.listen(0, "127.0.0.1"), "listening");
    return (server.address() as AddressInfo).port;
  }

  /** A port whose queue of connections is full: nobody accepts, and the next one waits for ever. */
  async fullPort(): Promise<number> {
    const code = `const { parentPort } = require("node:worker_threads");
      const server = require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
        parentPort.postMessage(server.address().port);
        setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
      });`;
    const worker = new Worker(code, { eval: true });
    this.#closers.push(() => worker.terminate());
    const [port] = (await once(worker, "message")) as [number];
    const { connect } = await import("node:net");
    const fillers = Array.from({ length: 4 }, () => connect(port, "127.0.0.1").on("error", () => undefined));
    this.#closers.push(() => fillers.forEach((socket) => socket.destroy()));
    await Promise.all(fillers.slice(0, 2).map((socket) => once(socket, "connect")));
    return port;
  }

  /** A file of this scene's, mode 0600 unless another is given. */
  async file(name: string, content: string | Uint8Array, mode = 0o600): Promise<string> {
    const path = join(await this.folder(), name);
    await writeFile(path, content, { mode });
    return path;
  }

  folder(): Promise<string> {
    return (this.#folder ??= mkdtemp(join(this.lab.directory, "scene-")));
  }

  /** Closed with the scene. */
  closing(close: () => unknown): void {
    this.#closers.push(close);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closers.splice(0).toReversed()) await close();
  }
}
