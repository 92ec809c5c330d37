import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as after } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { initialize, serve, welcome, type Rpc, type Seen } from "./support/bridged.js";

const bin = join(import.meta.dirname, "../../../dist/cli/bin.cjs");
const line = (message: object): string => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`;

/** The program as an MCP client starts it. */
class Started implements Disposable {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<unknown[]>;
  readonly #lines: AsyncIterator<string>;
  stderr = "";

  constructor(url: URL, ...args: readonly string[]) {
    const env = { PATH: process.env["PATH"], HOME: "/nonexistent", CLAUDE_CODE_CERT_STORE: "bundled" };
    this.child = spawn(process.execPath, [bin, "mcp", url.href, ...args], { env });
    this.ended = once(this.child, "close");
    this.child.stderr.on("data", (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.#lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  send(message: object): void {
    this.child.stdin.write(line(message));
  }

  async next(): Promise<Rpc> {
    const { value } = (await this.#lines.next()) as { value: string };
    return JSON.parse(value) as Rpc;
  }

  async shakeHands(): Promise<void> {
    this.send(initialize);
    await this.next();
    this.send({ method: "notifications/initialized" });
  }

  [Symbol.dispose](): void {
    this.child.kill("SIGKILL");
  }
}

/** A session, with a stream of its own; `call` answers what is asked within it. */
function sessions(call: (seen: Seen) => void, goodbye: (seen: Seen) => void = ({ answer }) => void answer.end()) {
  return serve((seen) => {
    const { method, message, answer, json } = seen;
    if (method === "DELETE") goodbye(seen);
    else if (method === "GET") answer.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    else if (message.id === undefined) answer.writeHead(202).end();
    else if (message.method === "initialize")
      json({ jsonrpc: "2.0", id: message.id ?? null, result: welcome }, { "mcp-session-id": "s-1" });
    else call(seen);
  });
}

const deleted = (seen: readonly Seen[]): unknown[] =>
  seen.filter(({ method }) => method === "DELETE").map(({ headers }) => headers["mcp-session-id"]);

describe("the end of the bridge", () => {
  it.each([
    ["SIGTERM", 143, "a server that closes the session", ({ answer }: Seen) => void answer.end()],
    ["SIGINT", 130, "a server that does not answer any more", () => undefined],
  ] as const)("by %s is exit code %i, at %s, with a call under way", async (signal, code, _server, goodbye) => {
    let isUnderWay: () => void = () => undefined;
    const underWay = new Promise<void>((resolve) => (isUnderWay = resolve));
    await using server = await sessions(() => isUnderWay(), goodbye);
    using bridge = new Started(server.url);
    await bridge.shakeHands();
    bridge.send({ id: 2, method: "tools/call", params: { name: "for ever" } });
    await underWay;
    bridge.child.kill(signal);
    expect(await bridge.ended).toEqual([code, null]);
    expect(deleted(server.seen)).toEqual(["s-1"]);
    expect(bridge.stderr).toBe("");
  });

  it("by the end of its input comes after the answer to what was asked, and closes the session", async () => {
    await using server = await sessions(({ message, json }) => {
      bridge.child.stdin.end(() => json({ jsonrpc: "2.0", id: message.id ?? null, result: { is: "the last" } }));
    });
    using bridge = new Started(server.url);
    await bridge.shakeHands();
    bridge.send({ id: 2, method: "tools/call", params: { name: "slow" } });
    expect((await bridge.next()).result).toEqual({ is: "the last" });
    expect(await bridge.ended).toEqual([0, null]);
    expect(deleted(server.seen)).toEqual(["s-1"]);
    expect(bridge.stderr).toBe("");
  });

  it("comes when nobody reads its output any more, though its input is still open", async () => {
    await using server = await sessions(({ message, json }) => {
      bridge.child.stdout.once("close", () => json({ jsonrpc: "2.0", id: message.id ?? null, result: {} })).destroy();
    });
    using bridge = new Started(server.url);
    await bridge.shakeHands();
    bridge.send({ id: 2, method: "ping" });
    expect(await bridge.ended).toEqual([0, null]);
    expect(deleted(server.seen)).toEqual(["s-1"]);
    expect(bridge.stderr).toBe("");
  });
});

it("a client that does not read slows the server down, loses nothing once it does, and the bridge can be ended", async () => {
  const [count, length] = [96, 1 << 18];
  let written = 0;
  const tell = async ({ answer, message }: Seen): Promise<void> => {
    answer.writeHead(200, { "content-type": "text/event-stream" });
    for (let data = 0; data < count; data++) {
      const params = { level: "info", data, text: "x".repeat(length) };
      const isTaken = answer.write(`data: ${line({ method: "notifications/message", params })}\n`);
      written++;
      if (!isTaken) await once(answer, "drain");
    }
    answer.end(`data: ${line({ id: message.id, result: {} })}\n`);
  };
  await using server = await sessions((seen) => void tell(seen).catch(() => undefined));
  using bridge = new Started(server.url);
  await bridge.shakeHands();
  /** How much is taken while nobody reads. Whoever looks too early sees less, and never more. */
  const taken = async (id: number): Promise<number> => {
    written = 0;
    bridge.child.stdout.pause();
    bridge.send({ id, method: "tools/call", params: { name: "tell" } });
    for (let last = 0; last !== written || written === 0; await after(300)) last = written;
    return written;
  };
  expect(await taken(2)).toBeLessThan(count / 2);
  bridge.child.stdout.resume();
  for (let data = 0; data < count; data++) expect((await bridge.next()).params).toMatchObject({ data });
  expect((await bridge.next()).id).toBe(2);

  expect(await taken(3)).toBeLessThan(count / 2);
  bridge.child.kill("SIGTERM");
  await once(bridge.child, "exit");
  expect(bridge.child.exitCode).toBe(143);
  expect(deleted(server.seen)).toEqual(["s-1"]);
}, 60_000);
