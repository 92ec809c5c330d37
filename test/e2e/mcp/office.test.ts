import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import * as v2 from "@modelcontextprotocol/client";
import { StdioClientTransport as StdioV2 } from "@modelcontextprotocol/client/stdio";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { labVariables, type LabProxy } from "../../../src/lab/index.js";
import { standardLab } from "../../support/standard-lab.js";
import { networkAt } from "../support/office.js";
import { issue, Mount } from "../rotation/support/rotating.js";
import { Bridged, initialize } from "./support/bridged.js";
import { serveWithCertificate, streamable } from "./support/mcp-server.js";

const builtCli = join(import.meta.dirname, "../../../dist/cli/bin.cjs");
const lab = await standardLab();
/** Asks for a login, and inspects whatever is not this machine. */
let proxy: LabProxy;
beforeAll(async () => {
  const login = { username: "jane", password: "p@ss:w%rd" };
  proxy = await lab.proxy({ name: "office", login, inspect: { exempt: ["localhost"] } });
});
/** Through the proxy although the server is on this machine. */
const noProxy = "<-loopback>";
const call = (id: number): Parameters<Bridged["ask"]>[0] => ({ id, method: "tools/call", params: { name: "where" } });

describe("the bridge as a program's server on stdio, through a login and past an inspector, with a certificate", () => {
  const info = { name: "test", version: "1.0.0" };
  const start = (url: URL): { command: string; args: string[]; env: Record<string, string>; stderr: "pipe" } => ({
    command: process.execPath,
    args: [builtCli, "mcp", url.href],
    env: { ...labVariables(lab, proxy, { noProxy }), SALLYPORT_CERT_STORE: "bundled" },
    stderr: "pipe",
  });
  test.each([
    ["@modelcontextprotocol/sdk 1.x", new Client(info), (url: URL) => new StdioClientTransport(start(url))],
    ["@modelcontextprotocol/client 2.x", new v2.Client(info), (url: URL) => new StdioV2(start(url))],
  ] as const)("%s calls a tool", async (_name, client, transport) => {
    await using server = await serveWithCertificate(lab, streamable);
    await (client as Client).connect(transport(server.url));
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["where"]);
    expect(await client.callTool({ name: "where" })).toMatchObject({ content: [{ text: "reached" }] });
    await client.close();
    expect(new Set(server.seen.map(({ peer }) => peer))).toEqual(new Set(["alice"]));
    expect(lab.log.of("office", "connect").length).toBeGreaterThan(0);
    expect(lab.log.of("office", "request")).toEqual([]);
  });
});

/** A server with sessions, which forgets none. */
function withSessions(): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  return async (request, response) => {
    const known = sessions.get(String(request.headers["mcp-session-id"]));
    if (known !== undefined) return known.handleRequest(request, response);
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, transport),
    });
    const mcp = new McpServer({ name: "test", version: "1.0.0" });
    mcp.registerTool("where", { description: "Says that it was reached" }, () => ({
      content: [{ type: "text", text: "reached" }],
    }));
    await mcp.connect(transport);
    await transport.handleRequest(request, response);
  };
}

test("a certificate that is rotated in the middle of a session loses no call", async () => {
  const mount = await Mount.make(lab, await issue(lab, "before"));
  await using server = await serveWithCertificate(lab, withSessions());
  await using network = await networkAt(lab, proxy, { noProxy, clientCertificate: false, ...mount.paths, watch: true });
  await using bridge = await Bridged.to(server.url, { network });
  expect(await bridge.ask(initialize)).toMatchObject({ result: { serverInfo: { name: "test" } } });
  bridge.send({ method: "notifications/initialized" });
  let calls = 10;
  const peers = (): ReadonlySet<string | undefined> => new Set(server.seen.map(({ peer }) => peer));
  for (const name of ["before", "after"]) {
    if (name === "after") await mount.put("by turning a link", await issue(lab, name));
    do {
      const answers = await Promise.all([bridge.ask(call(++calls)), bridge.ask(call(++calls))]);
      for (const answer of answers) expect(answer).toMatchObject({ result: { content: [{ text: "reached" }] } });
    } while (!peers().has(name));
  }
  expect([...peers()]).toEqual(["before", "after"]);
  expect(new Set(server.seen.flatMap(({ headers }) => headers["mcp-session-id"] ?? [])).size).toBe(1);
  expect(bridge.faults).toEqual([]);
});

test("two servers with a certificate for each: either sees its own alone", async () => {
  await using wiki = await serveWithCertificate(lab, streamable);
  await using tickets = await serveWithCertificate(lab, streamable);
  const identities = await Promise.all(
    [wiki, tickets].map(async ({ url }, at) => {
      const name = ["writer", "agent"][at] ?? "";
      return { name, ...(await issue(lab, name)), hosts: url.host };
    }),
  );
  await using network = await networkAt(lab, proxy, { noProxy, clientCertificate: false, identities });
  for (let round = 0; round < 2; round++) {
    for (const { url } of [wiki, tickets]) {
      await using bridge = await Bridged.to(url, { network });
      await bridge.ask(initialize);
      expect(await bridge.ask(call(2))).toMatchObject({ result: { content: [{ text: "reached" }] } });
    }
  }
  expect(new Set(wiki.seen.map(({ peer }) => peer))).toEqual(new Set(["writer"]));
  expect(new Set(tickets.seen.map(({ peer }) => peer))).toEqual(new Set(["agent"]));
});
