import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serve, welcome, type Rpc, type Seen } from "../e2e/mcp/support/bridged.js";
import { standardLab } from "../support/standard-lab.js";
import { run } from "./support/run.js";

const lab = await standardLab();

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

const rpc = (...messages: readonly object[]): string =>
  messages.map((message) => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`).join("");

/** What a client begins with. */
const handshake = [
  {
    id: 1,
    method: "initialize",
    params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "t", version: "1" } },
  },
  { method: "notifications/initialized" },
];
const lines = rpc(...handshake, {
  id: 2,
  method: "tools/call",
  params: { name: "echo", arguments: { note: `${planted}-in-call`, password: `${planted}-named` } },
});

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

describe("the tools of --allow-tool and --deny-tool", () => {
  const tools = ["read", "read_file", "read_secret", "put_1", "put_10", "delete_all", "read.me"];
  const inputs = tools.map((name, index) => ({ id: 10 + index, method: "tools/call", params: { name } }));

  it.each([
    ["what matches a glob", ["--allow-tool", "read_*", "--allow-tool", "put_?"], ["read_file", "read_secret", "put_1"]],
    [
      "not what is denied as well",
      ["--allow-tool", "read*", "--deny-tool", "*secret"],
      ["read", "read_file", "read.me"],
    ],
    ["all else, where some are only denied", ["--deny-tool", "read?*"], ["read", "put_1", "put_10", "delete_all"]],
  ])("are listed and called: %s; no other call reaches the server", async (_what, flags, allowed) => {
    const called: unknown[] = [];
    await using upstream = await serve(({ method, message, answer, json }) => {
      const reply = (result: Readonly<Record<string, unknown>>): void =>
        json({ jsonrpc: "2.0", id: message.id ?? null, result });
      if (message.method === "tools/call") called.push(message.params?.["name"]);
      if (method === "GET") answer.writeHead(405).end();
      else if (message.id === undefined) answer.writeHead(202).end();
      else if (message.method === "initialize") reply(welcome);
      else if (message.method === "tools/list") reply({ tools: tools.map((name) => ({ name })), nextCursor: "more" });
      else reply({ content: [] });
    });
    const stdin = rpc(
      { id: 1, method: "initialize", params: { protocolVersion: "2025-06-18", capabilities: {} } },
      { method: "notifications/initialized" },
      { id: 2, method: "tools/list" },
      // What asks for no answer could still be carried out.
      ...inputs.map(({ method, params }) => ({ method, params })),
      ...inputs,
    );
    const { exit, stdout, stderr } = await run(["mcp", upstream.url.href, ...flags], { stdin });
    expect([exit, stderr]).toEqual([0, ""]);
    const answers = new Map(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Rpc)
        .map((answer) => [answer.id, answer]),
    );
    expect(answers.get(2)?.result).toEqual({ tools: allowed.map((name) => ({ name })), nextCursor: "more" });
    const served = inputs.filter(({ id }) => answers.get(id)?.result !== undefined).map(({ params }) => params.name);
    expect(served).toEqual(allowed);
    for (const { id, params } of inputs) {
      if (allowed.includes(params.name)) continue;
      expect(answers.get(id)?.error).toMatchObject({ code: -32000, data: { code: "MCP_TOOL_NOT_ALLOWED" } });
      expect(answers.get(id)?.error?.message).toContain(params.name);
    }
    expect(new Set(called)).toEqual(new Set(allowed));
  });
});

it("reads a header's file again when the server answers 401, and sends the call once more", async () => {
  const path = join(folder, "rotated");
  await writeFile(path, "Bearer old", { mode: 0o600 });
  const sent: string[] = [];
  await using upstream = await serve(({ message, headers, method, answer, json }) => {
    const token = headers.authorization ?? "";
    if (message.method === "tools/call") sent.push(token);
    if (method === "GET") answer.writeHead(405).end();
    else if (message.method === "tools/call" && token === "Bearer old")
      // The other one is there by the time that this one is refused.
      void writeFile(path, "Bearer new").then(() => answer.writeHead(401).end());
    else if (message.id === undefined) answer.writeHead(202).end();
    else json({ jsonrpc: "2.0", id: message.id, result: message.method === "initialize" ? welcome : { content: [] } });
  });
  const { exit, stdout } = await run(["mcp", upstream.url.href, "--header", `Authorization: file:${path}`], {
    stdin: lines,
  });
  expect(exit).toBe(0);
  expect(sent).toEqual(["Bearer old", "Bearer new"]);
  expect(stdout).toContain(`"id":2,"result"`);
});

it("--proxy, --cacert, --cert and --key are for this server, whatever the variables say", async () => {
  const whoami = rpc(...handshake, { id: 2, method: "tools/call", params: { name: "whoami", arguments: {} } });
  const { bundle, client } = lab.files;
  const flags = ["--proxy", lab.basic.urlWithLogin, "--cacert", bundle, "--cert", client.cert, "--key", client.key];
  const variables = { HTTPS_PROXY: "http://nobody.test:1" };
  const { stdout, stderr } = await run(["mcp", `${lab.mtls.url}/mcp`, ...flags], {
    stdin: whoami,
    lookup: lab.lookup,
    variables,
  });
  expect(stdout, stderr).toContain("mtls.lab.test sees the certificate of alice");
  expect(lab.log.of("basic", "connect")[0]).toMatchObject({
    target: expect.stringMatching(/^mtls\.lab\.test:/),
    status: 200,
  });
});
