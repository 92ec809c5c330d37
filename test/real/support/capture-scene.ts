import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Enclave, type Packet } from "../../matrix/support/enclave.js";
import { builtCli } from "./built.js";
import { findProgram } from "./programs.js";

/** What became of a captured command. */
export interface CaptureEnd {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Packets to anybody but the proxy. */
  readonly astray: readonly Packet[];
}

export interface CaptureOptions {
  /** Of `sallyport run --capture`. */
  readonly flags?: readonly string[];
  /** A command before it, which is in the enclave as well. */
  readonly before?: readonly string[];
  readonly whileRunning?: (child: ChildProcess) => void;
}

/**
 * A place from which only a proxy can be reached, and the proxy: it answers whatever is asked of it in absolute form, and sends back what comes through a
 * tunnel to echo.corp.test, of any port. All other tunnels are refused.
 */
export class CaptureScene implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "sallyport-bounds-"));
  /** URLs and targets that the proxy was asked for, since the latest command began. */
  readonly asked: string[] = [];
  readonly enclave: Enclave;
  #seenAs = "";
  readonly #proxy = createServer((request, response) => {
    this.asked.push(request.url ?? "");
    response.end("by the proxy\n");
  });

  private constructor(enclave: Enclave) {
    this.enclave = enclave;
    this.#proxy.on("connect", (request, socket, head) => {
      this.asked.push(request.url ?? "");
      socket.on("error", () => undefined);
      if (request.url?.startsWith("echo.corp.test:") !== true) return void socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.write(head);
      return socket.pipe(socket);
    });
  }

  /** Why there can be none here; undefined where it can. @param programs that must be there besides */
  static whatIsMissing(...programs: readonly string[]): string | undefined {
    return Enclave.whatIsMissing() ?? ["nft", ...programs].find((name) => findProgram(name) === undefined);
  }

  static async open(): Promise<CaptureScene> {
    const scene = new CaptureScene(await Enclave.open());
    scene.#proxy.listen(0, "127.0.0.1");
    await once(scene.#proxy, "listening");
    const { port } = scene.#proxy.address() as AddressInfo;
    // One for all commands: the last packets of one may be seen during the next.
    scene.#seenAs = `${scene.enclave.address}:${await scene.enclave.relay(port)}`;
    return scene;
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  /** Runs a script of sh, captured. */
  async capture(script: string, options: CaptureOptions = {}): Promise<CaptureEnd> {
    const { flags = [], before = [], whileRunning } = options;
    const run = [process.execPath, builtCli, "run", "--capture", "--no-check", ...flags, "--", "sh", "-c", script];
    await this.enclave.packets();
    this.asked.length = 0;
    const child = spawn("ip", [...this.enclave.prefix.slice(1), ...before, ...run], {
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 60_000,
      env: {
        PATH: [dirname(process.execPath), process.env["PATH"]].join(":"),
        HOME: this.folder,
        HTTP_PROXY: `http://${this.#seenAs}`,
        HTTPS_PROXY: `http://${this.#seenAs}`,
      },
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    whileRunning?.(child);
    const [status] = (await once(child, "close")) as [number | null];
    return { status, stdout, stderr, astray: (await this.enclave.packets()).filter(({ to }) => to !== this.#seenAs) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#proxy.closeAllConnections();
    this.#proxy.close();
    await this.enclave[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** curl without a variable, for a name of the far network. */
export const bareCurl = (name: string): string => `env -i ${findProgram("curl")} -sS -m 5 http://${name}.corp.test/`;
