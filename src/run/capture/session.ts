import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { dirname, isAbsolute, join } from "node:path";
import type { ConnectError } from "../../base/errors.js";
import type { System } from "../../base/system.js";
import { attend, type CommandOptions, type CommandOutcome } from "../command.js";
import { commandFault } from "../faults.js";
import { preloadFile } from "../run-file.js";
import { cannotPublish, captureLost, inACircle, nameForgotten, namelessAddress, setUpFailed } from "./faults.js";
import { findMeans, isExecutable, type Means } from "./means.js";
import type { Cover, FromWorker, ToWorker } from "./messages.js";

export interface CaptureOptions {
  readonly system: System;
  /** Where programs are looked for: the command's PATH. */
  readonly path: string | undefined;
  /** Ports of the machine's loopback that the command reaches under the same numbers. */
  readonly hostPorts: readonly number[];
  /** Ports of the command's loopback that the machine reaches under the same numbers. */
  readonly publish: readonly number[];
  /** The command has no stdin, and its output is relayed. */
  readonly relays: boolean;
}

/** What becomes of what a captured command does. */
export interface CaptureHandlers {
  /** The command connects to this target. The socket is the callee's. */
  readonly onConnection: (socket: Socket, target: { readonly host: string; readonly port: number }) => void;
  readonly onFault: (fault: ConnectError) => void;
}

export interface CapturedCommand extends CommandOptions, CaptureHandlers {
  readonly argv: readonly string[];
  readonly covers: readonly Cover[];
}

/**
 * Namespaces for a command, which are being made ready: each address there is one of ours, and what is connected to comes out as a socket. Nothing of it is
 * there yet where this rejects.
 * @throws {ConnectError} CAPTURE_UNAVAILABLE where this machine cannot do it; CONFIG_INVALID for a port that is to lead both ways
 */
export async function openCapture(asked: CaptureOptions): Promise<Capture> {
  const [hostPorts, publish] = [asked.hostPorts, asked.publish].map((ports) => [...new Set(ports)]) as [
    number[],
    number[],
  ];
  const both = hostPorts.find((port) => publish.includes(port));
  if (both !== undefined) throw inACircle(both);
  return new Capture(await findMeans(asked.system, asked.path), { ...asked, hostPorts, publish });
}

export class Capture implements AsyncDisposable {
  /** Rejects with a ConnectError, CAPTURE_UNAVAILABLE, where a step of the set-up has failed. */
  readonly ready: Promise<void>;
  readonly #child: ChildProcess;
  readonly #options: CaptureOptions;
  readonly #published: Server[] = [];
  readonly #sockets = new Set<Socket>();
  #onMessage: (message: FromWorker, socket: Socket | undefined) => void = () => undefined;

  constructor({ enter: [program = "", ...args], tools, user }: Means, options: CaptureOptions) {
    this.#options = options;
    const worker = join(dirname(preloadFile()), "..", "run", "capture", "worker.js");
    this.#child = spawn(program, [...args, process.execPath, worker], {
      // Nothing of ours: a variable could make Node load what belongs to the command.
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" },
      stdio: [
        ...(options.relays ? (["ignore", "pipe", "pipe"] as const) : (["inherit", "inherit", "inherit"] as const)),
        "ipc",
        // Closed when we are gone: see worker.ts.
        "pipe",
      ],
    });
    const [, , , , lifeline] = this.#child.stdio;
    if (lifeline !== undefined && lifeline !== null && "unref" in lifeline) (lifeline as Socket).unref();
    this.#child.on("message", (message: FromWorker, socket: Socket | undefined) => {
      socket?.on("error", () => undefined);
      this.#onMessage(message, socket);
    });
    const prepared = new Promise<void>((resolve, reject) => {
      this.#onMessage = (message) => {
        if (message.kind === "ready") resolve();
        else if (message.kind === "failed") reject(setUpFailed(message.step, message.words));
      };
      this.#child.once("error", (error) => reject(setUpFailed("unshare", error.message)));
      this.#child.once("exit", () => reject(captureLost()));
    });
    this.ready = prepared.then(() => this.#publish(options.publish));
    // Whoever waits for it has something else to do before.
    this.ready.catch(() => undefined);
    this.#tell({ kind: "prepare", tools, user, hostPorts: options.hostPorts });
  }

  #tell(message: ToWorker, socket?: Socket): void {
    this.#child.send(message, socket, { keepOpen: false }, (error) => {
      if (error !== null) socket?.destroy();
    });
  }

  /** @throws {ConnectError} CAPTURE_UNAVAILABLE for a port that is taken */
  async #publish(ports: readonly number[]): Promise<void> {
    for (const port of ports) {
      const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, (socket) => {
        socket.on("error", () => undefined);
        Reflect.set(socket, "server", null);
        this.#tell({ kind: "visitor", port }, socket);
      });
      await new Promise<void>((resolve, reject) => {
        server.once("error", (error) => reject(cannotPublish(port, error)));
        server.listen(port, "127.0.0.1", () => resolve());
      });
      server.unref();
      this.#published.push(server);
    }
  }

  /** Runs the command, and waits for it, as `runCommand` does. */
  async run({ argv, covers, onConnection, onFault, ...options }: CapturedCommand): Promise<CommandOutcome> {
    const absent = whyAbsent(argv, options.variables["PATH"]);
    if (absent !== undefined) return absent;
    let end: Extract<FromWorker, { kind: "ended" }> | undefined;
    let failure: ConnectError | undefined;
    this.#onMessage = (message, socket) => {
      if (message.kind === "ended") {
        end = message;
        // Its visitors would keep it for as long as they like.
        this.#child.kill("SIGKILL");
      } else if (message.kind === "failed") failure = setUpFailed(message.step, message.words);
      else if (message.kind === "forgotten")
        onFault(message.wasGiven ? nameForgotten(message.address) : namelessAddress(message.address));
      else if (socket !== undefined) this.#receive(message, socket, onConnection);
    };
    const ended = attend(this.#child, argv[0] ?? "", options);
    this.#tell({ kind: "run", argv, variables: options.variables, covers });
    const outcome = await ended;
    if (failure !== undefined) throw failure;
    if (end !== undefined) return { kind: "ended", end: { status: end.status, signal: end.signal } };
    // A signal for all of us, as from a terminal, may have been quicker than its word. Those of a crash, or of the kernel for want of memory, are its own.
    if (outcome.kind === "ended" && !isForAll(outcome.end.signal)) throw captureLost();
    return outcome;
  }

  #receive(message: FromWorker, socket: Socket, onConnection: CaptureHandlers["onConnection"]): void {
    if (message.kind === "connection") {
      const { host, port } = message;
      onConnection(socket, { host, port });
    } else if (message.kind === "to-host" && this.#options.hostPorts.includes(message.port))
      this.#toHost(socket, message.port);
    else socket.destroy();
  }

  #toHost(socket: Socket, port: number): void {
    socket.allowHalfOpen = true;
    const service = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    for (const [side, other] of [
      [socket, service],
      [service, socket],
    ] as const) {
      this.#sockets.add(side);
      side.on("error", () => other.resetAndDestroy());
      side.on("close", () => this.#sockets.delete(side));
      side.pipe(other);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#published) server.close();
    for (const socket of this.#sockets) socket.destroy();
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGKILL");
    if (this.#child.connected) this.#child.disconnect();
    return Promise.resolve();
  }
}

const isForAll = (signal: NodeJS.Signals | undefined): boolean =>
  signal === "SIGINT" || signal === "SIGTERM" || signal === "SIGHUP" || signal === "SIGQUIT";

/** What starts the command stands between it and us, and would tell of its absence in words of its own. */
function whyAbsent(
  [program = ""]: readonly string[],
  path = "/usr/local/bin:/usr/bin:/bin",
): CommandOutcome | undefined {
  const places = program.includes("/")
    ? [program]
    : path.split(":").map((folder) => join(folder === "" ? "." : folder, program));
  const found = places.filter((place) => place !== "" && existsSync(isAbsolute(place) ? place : `./${place}`));
  if (found.some(isExecutable)) return undefined;
  const missing = found.length === 0;
  const cause = Object.assign(new Error(missing ? "not found" : "not executable"), {
    code: missing ? "ENOENT" : "EACCES",
  });
  return { kind: "not-started", fault: commandFault(program, missing, cause), status: missing ? 127 : 126 };
}
