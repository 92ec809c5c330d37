import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serve, welcome, type Seen } from "../e2e/mcp/support/bridged.js";
import { run } from "./support/run.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcp-options-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const planted = "planted-token-1f9c";

/** Answers the handshake and calls, as a server of the legacy era. */
function server(seen: (one: Seen) => void = () => undefined): ReturnType<typeof serve> {
  return serve((one) => {
    seen(one);
    const { method, message, answer, json } = one;
    if (method === "GET") answer.writeHead(405).end();
    else if (message.id === undefined) answer.writeHead(202).end();
    else if (message.method === "initialize") json({ jsonrpc: "2.0", id: message.id, result: welcome });
    else
      json({
        jsonrpc: "2.0",
        id: message.id,
        result: { content: [{ type: "text", text: `answer ${planted}-in-answer` }] },
      });
  });
}

const lines = [
  {
    id: 1,
    method: "initialize",
    params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "t", version: "1" } },
  },
  { method: "notifications/initialized" },
  {
    id: 2,
    method: "tools/call",
    params: { name: "echo", arguments: { note: `${planted}-in-call`, password: `${planted}-named` } },
  },
]
  .map((message) => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`)
  .join("");

describe("the headers of --header", () => {
  it.each([
    ["the value itself", () => `Bearer ${planted}`, {}],
    ["a variable within it", () => "Bearer ${TOKEN}", { TOKEN: planted }],
    ["a variable by name", () => "env:WHOLE", { WHOLE: `Bearer ${planted}` }],
    ["a file", () => `file:${join(folder, "token")}`, {}],
    ["a command", () => `command:printf 'Bearer %s' ${planted}`, {}],
  ])("are sent with each request, from %s, and shown nowhere", async (_what, value, variables) => {
    await writeFile(join(folder, "token"), `Bearer ${planted}\n`, { mode: 0o600 });
    const sent: unknown[] = [];
    await using upstream = await server(({ headers }) => void sent.push(headers.authorization));
    const args = ["mcp", upstream.url.href, "--header", `Authorization: ${value()}`];
    const { exit, stdout, stderr } = await run(args, {
      stdin: lines,
      variables: { PATH: "/usr/bin:/bin", ...variables },
    });
    expect([exit, stderr]).toEqual([0, ""]);
    expect(sent.length).toBeGreaterThanOrEqual(3);
    expect(new Set(sent)).toEqual(new Set([`Bearer ${planted}`]));
    expect(stdout.replaceAll(`${planted}-in-answer`, "")).not.toContain(planted);
  });

  it("that cannot be had end the command before a server is asked, with the variable's name and no value", async () => {
    await using upstream = await server();
    const args = ["mcp", upstream.url.href, "--header", "Authorization: Bearer ${NOT_SET}"];
    const { exit, stderr } = await run(args, { stdin: lines });
    expect(exit).toBe(2);
    expect(stderr).toMatch(/NOT_SET/);
    expect(upstream.seen).toEqual([]);
  });
});

describe("the file of --log", () => {
  const logged = async (name: string, ...flags: readonly string[]): Promise<string> => {
    await using upstream = await server();
    const file = join(folder, name);
    const url = `${upstream.url.href}?key=${planted}-in-url`;
    const args = ["mcp", url, "--header", `Authorization: Bearer ${planted}-in-header`, "--log", file, ...flags];
    expect((await run(args, { stdin: lines })).exit).toBe(0);
    expect((await stat(file)).mode & 0o077).toBe(0);
    return readFile(file, "utf8");
  };

  it("tells what was said to whom, and neither parameters nor secrets", async () => {
    const text = await logged("short.log");
    expect(text).toContain("tools/call");
    expect(text).not.toContain(planted);
  });

  it("has the parameters too with --log-bodies, but for what is named a secret, and no header and no key of the URL", async () => {
    const text = await logged("long.log", "--log-bodies");
    expect(text).toContain(`${planted}-in-call`);
    expect(text).toContain(`${planted}-in-answer`);
    expect(text).not.toMatch(/in-header|in-url|-named/);
  });
});
