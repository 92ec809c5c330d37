import { execFileSync, spawn, spawnSync, type ChildProcessByStdio } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import type { Readable } from "node:stream";
import { Relay } from "./relay.js";

// Of the block for benchmarks (RFC 2544), which nobody routes: each process has four addresses, so that several can have an enclave at a time.
const block = `198.18.${64 + ((process.pid >> 6) & 127)}`;
const OUTSIDE = `${block}.${(process.pid & 63) * 4 + 1}`;
const INSIDE = `${block}.${(process.pid & 63) * 4 + 2}`;
/** The discard port (RFC 863): nothing listens there. */
const MARKER = `${OUTSIDE}:9`;

/** A packet that came out of the enclave. */
export interface Packet {
  /** `address:port`, or the address alone where the protocol has no ports. */
  readonly to: string;
  readonly line: string;
}

/** A network namespace with one wire, of which this process holds the other end. All that comes out is written down. */
export class Enclave implements AsyncDisposable {
  /** Where {@link relay} listens: the address that is seen from inside. */
  readonly address = OUTSIDE;
  readonly #name: string;
  readonly #wire: string;
  readonly #relays: Relay[] = [];
  #capture: ChildProcessByStdio<null, Readable, Readable> | undefined;
  #lines: Interface | undefined;
  #packets: Packet[] = [];

  private constructor() {
    this.#name = `sallyport-${process.pid}`;
    // At most 15 characters.
    this.#wire = `sp${process.pid}`;
  }

  /** Why there can be none here; undefined where it can. */
  static whatIsMissing(): string | undefined {
    if (process.platform !== "linux") return "network namespaces are a thing of Linux";
    for (const [program, flag] of [
      ["ip", "-V"],
      ["tcpdump", "--version"],
    ] as const) {
      if (spawnSync(program, [flag]).status !== 0) return `the program ${program} is not installed`;
    }
    const probe = `sallyport-probe-${process.pid}`;
    if (spawnSync("ip", ["netns", "add", probe]).status !== 0) return "making a network namespace takes root";
    ip("netns", "delete", probe);
    return undefined;
  }

  static async open(): Promise<Enclave> {
    const enclave = new Enclave();
    try {
      enclave.#build();
      await enclave.#listen();
      return enclave;
    } catch (error) {
      await enclave[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A port at {@link address} that leads to one of this machine's loopback. */
  async relay(to: number): Promise<number> {
    const relay = await Relay.open({ address: OUTSIDE, to });
    this.#relays.push(relay);
    return relay.port;
  }

  /** What goes before a command that is to run inside. */
  get prefix(): readonly string[] {
    return ["ip", "netns", "exec", this.#name];
  }

  /** All packets that came out since the last call. */
  async packets(): Promise<readonly Packet[]> {
    // They are printed in the order in which they came: once a last one has been seen, so have all before it.
    const seen = new Promise<void>((resolve) => {
      const look = (line: string) => {
        if (parse(line)?.to !== MARKER) return;
        this.#lines?.off("line", look);
        resolve();
      };
      this.#lines?.on("line", look);
    });
    const script = `const s = require("node:dgram").createSocket("udp4"); s.send("", 9, "${OUTSIDE}", () => s.close())`;
    execFileSync("ip", [...this.prefix.slice(1), process.execPath, "-e", script], {
      env: { PATH: process.env["PATH"] },
    });
    await seen;
    const packets = this.#packets.filter(({ to }) => to !== MARKER);
    this.#packets = [];
    return packets;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const relay of this.#relays) await relay[Symbol.asyncDispose]();
    if (this.#capture !== undefined && this.#capture.exitCode === null) {
      const gone = once(this.#capture, "exit");
      this.#capture.kill();
      await gone;
    }
    // The wire goes with the namespace that its other end is in; both may be half made.
    spawnSync("ip", ["netns", "delete", this.#name]);
    spawnSync("ip", ["link", "delete", this.#wire]);
    rmSync(`/etc/netns/${this.#name}`, { recursive: true, force: true });
  }

  #build(): void {
    const inner = `${this.#wire}i`;
    const inside = (...args: string[]) => ip("-netns", this.#name, ...args);
    ip("netns", "add", this.#name);
    // A question to the DNS is a packet to the other end of the wire, where nobody answers it.
    mkdirSync(`/etc/netns/${this.#name}`, { recursive: true });
    writeFileSync(`/etc/netns/${this.#name}/resolv.conf`, `nameserver ${OUTSIDE}\noptions timeout:1 attempts:1\n`);
    ip("link", "add", this.#wire, "type", "veth", "peer", "name", inner, "netns", this.#name);
    // Neither end speaks IPv6 of its own accord: what is seen is what programs do.
    ip("link", "set", this.#wire, "addrgenmode", "none");
    inside("link", "set", inner, "addrgenmode", "none");
    ip("addr", "add", `${OUTSIDE}/30`, "dev", this.#wire);
    ip("link", "set", this.#wire, "up");
    inside("link", "set", "lo", "up");
    inside("addr", "add", `${INSIDE}/30`, "dev", inner);
    inside("link", "set", inner, "up");
    inside("route", "add", "default", "via", OUTSIDE);
    // On a machine that is a router (one with containers, say) this wire leads nowhere all the same.
    writeFileSync(`/proc/sys/net/ipv4/conf/${this.#wire}/forwarding`, "0");
  }

  async #listen(): Promise<void> {
    const args = ["-i", this.#wire, "-nn", "-l", "-q", "-t", "--immediate-mode", `src host ${INSIDE} or ip6`];
    const capture = spawn("tcpdump", args, { stdio: ["ignore", "pipe", "pipe"], env: { PATH: process.env["PATH"] } });
    this.#capture = capture;
    let said = "";
    await new Promise<void>((resolve, reject) => {
      capture.once("error", reject);
      capture.once("exit", () => reject(new Error(`tcpdump ended: ${said}`)));
      capture.stderr.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        if (said.includes("listening on")) resolve();
      });
    });
    this.#lines = createInterface(capture.stdout);
    this.#lines.on("line", (line) => {
      const packet = parse(line);
      if (packet !== undefined) this.#packets.push(packet);
    });
  }
}

/** `IP 198.18.77.2.33338 > 198.18.77.1.53: UDP, length 30` */
function parse(line: string): Packet | undefined {
  const to = /^IP6? \S+ > (\S+): /.exec(line)?.[1];
  if (to === undefined) return undefined;
  const parts = to.split(".");
  return { to: parts.length === 5 ? `${parts.slice(0, 4).join(".")}:${parts[4]}` : to, line };
}

function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
}
