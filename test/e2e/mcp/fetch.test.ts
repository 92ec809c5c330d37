import { beforeAll, describe, expect, test } from "vitest";
import * as v2 from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { createMcpFetch, type McpFetch } from "../../../src/mcp/index.js";
import { standardLab } from "../../support/standard-lab.js";
import { networkAt } from "../support/office.js";
import { httpAndSse, serveWithCertificate, streamable, type TestMcpServer } from "./support/mcp-server.js";

const lab = await standardLab();
/** Through the proxy although the server is on this machine. */
const office = { noProxy: "<-loopback>" };

type Connect = (url: URL, fetch: McpFetch) => Promise<{ call(): Promise<unknown>; close(): Promise<void> }>;
const info = { name: "test", version: "1.0.0" };
const first = {
  async streamable(url: URL, fetch: McpFetch) {
    const client = new Client(info);
    await client.connect(new StreamableHTTPClientTransport(url, { fetch }));
    return { call: () => client.callTool({ name: "where" }), close: () => client.close() };
  },
  async sse(url: URL, fetch: McpFetch) {
    const client = new Client(info);
    await client.connect(new SSEClientTransport(url, { fetch }));
    return { call: () => client.callTool({ name: "where" }), close: () => client.close() };
  },
};
const second = {
  async streamable(url: URL, fetch: McpFetch) {
    const client = new v2.Client(info);
    await client.connect(new v2.StreamableHTTPClientTransport(url, { fetch }));
    return { call: () => client.callTool({ name: "where" }), close: () => client.close() };
  },
  async sse(url: URL, fetch: McpFetch) {
    const client = new v2.Client(info);
    await client.connect(new v2.SSEClientTransport(url, { fetch }));
    return { call: () => client.callTool({ name: "where" }), close: () => client.close() };
  },
};
const clients: readonly (readonly [string, { readonly streamable: Connect; readonly sse: Connect }])[] = [
  ["@modelcontextprotocol/sdk 1.x", first],
  ["@modelcontextprotocol/client 2.x", second],
];

describe.each(clients)(
  "%s, through a proxy with a login to a server that wants a client certificate",
  (_name, connect) => {
    test.each(["streamable", "sse"] as const)("calls a tool over %s", async (kind) => {
      await using server = await serveWithCertificate(lab, kind === "sse" ? httpAndSse() : streamable);
      await using network = await networkAt(lab, lab.basic, office);
      await using fetch = createMcpFetch(network);
      const client = await connect[kind](server.url, fetch);
      expect(await client.call()).toMatchObject({ content: [{ text: "reached" }] });
      await client.close();
      expect(new Set(server.seen.map(({ peer }) => peer))).toEqual(new Set(["alice"]));
      expect(lab.log.of("basic", "connect").length).toBeGreaterThan(0);
    });
  },
);

describe("identity", () => {
  let server: TestMcpServer;
  let bob: { cert: string; key: string };
  beforeAll(async () => {
    server = await serveWithCertificate(lab, (_request, response) => void response.end("hello"));
    const { chain, key } = await lab.authorities.clientIssuing.issue({ commonName: "bob", usage: "client" });
    bob = { cert: chain, key };
    return () => server[Symbol.asyncDispose]();
  });
  const peers = (): (string | undefined)[] => server.seen.splice(0).map(({ peer }) => peer);

  test("a pair given for one server is shown to it, and the network goes on with its own", async () => {
    await using network = await networkAt(lab, lab.basic, office);
    await using fetch = createMcpFetch(network, { identity: bob });
    await (await fetch(server.url)).text();
    await (await network.fetch(server.url)).text();
    expect(peers()).toEqual(["bob", "alice"]);
  });

  test("no other server sees the pair, nor another in its place", async () => {
    await using other = await serveWithCertificate(lab, (_request, response) => void response.end("hello"));
    await using network = await networkAt(lab, lab.basic, office);
    await using fetch = createMcpFetch(network, { identity: bob, server: server.url });
    const error = await fetch(other.url).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: "fetch failed", cause: { code: "CLIENT_CERT_REQUIRED" } });
  });

  test("the name of one of the settings picks that one among several for a host", async () => {
    const hosts = "localhost";
    const { cert, key } = lab.files.client;
    await using network = await networkAt(lab, lab.basic, {
      ...office,
      clientCertificate: false,
      identities: [
        { name: "alice", cert, key, hosts },
        { name: "bob", ...bob, hosts },
      ],
    });
    await using fetch = createMcpFetch(network, { identity: "bob" });
    await (await fetch(server.url)).text();
    expect(peers()).toEqual(["bob"]);
  });

  test("a name that none has is a fault which lists those that there are", async () => {
    await using network = await networkAt(lab, lab.basic, office);
    const error = await createMcpFetch(network, { identity: "bob" })(server.url).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: "fetch failed", cause: { code: "CONFIG_INVALID" } });
    expect((error as { cause: { remedy: string } }).cause.remedy).toContain("default");
  });

  test("a file that cannot be used is a fault of the first request, and the next one tries it afresh", async () => {
    await using network = await networkAt(lab, lab.basic, office);
    await using fetch = createMcpFetch(network, { identity: { cert: lab.files.client.cert, key: "/nowhere.key" } });
    for (let attempt = 0; attempt < 2; attempt++)
      await expect(fetch(server.url)).rejects.toMatchObject({ cause: { code: "KEY_FILE_UNREADABLE" } });
  });

  test("follows the network's reload", async () => {
    await using network = await networkAt(lab, lab.basic, office);
    await using fetch = createMcpFetch(network, { identity: "default" });
    await (await fetch(server.url)).text();
    await network.reload();
    await (await fetch(server.url)).text();
    expect(peers()).toEqual(["alice", "alice"]);
  });

  test("ends with the network", async () => {
    const network = await networkAt(lab, lab.basic, office);
    const fetch = createMcpFetch(network, { identity: bob });
    await (await fetch(server.url)).text();
    await network.close();
    await expect(fetch(server.url)).rejects.toThrow("fetch failed");
  });
});
