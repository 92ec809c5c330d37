import { once } from "node:events";
import { request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import {
  basic,
  certificateOf,
  dialTls,
  echoOf,
  firstOfStream,
  readAll,
  requestTunnel,
  sendOn,
  startTls,
  textOf,
} from "./testing/clients.js";
import type { OriginOptions } from "./types.js";
import { ownLab } from "./testing/own-lab.js";

const { lab, ca } = await ownLab();
const api = await lab.origin({ name: "api.lab.test" });
await lab.origin({ name: "plain.lab.test", tls: false });
const inspector = await lab.proxy({ name: "inspector", inspect: { exempt: ["mtls.lab.test", ".bank.lab.test"] } });

async function through(host: string, options: Parameters<typeof startTls>[1] = {}) {
  const { socket, status } = await requestTunnel(inspector, `${host}:443`);
  expect(status).toBe(200);
  return startTls(socket, { ca, servername: host, ...options });
}

const issuerOf = (socket: Awaited<ReturnType<typeof startTls>>): string =>
  socket.getPeerX509Certificate()?.issuer ?? "";

describe("an inspecting proxy", () => {
  it("shows a certificate of its own CA for the host, and passes the request on", async () => {
    const socket = await through("api.lab.test", { ALPNProtocols: ["h2", "http/1.1"] });
    expect(issuerOf(socket)).toBe("CN=Lab Inspector CA");
    expect(socket.alpnProtocol).toBe("http/1.1");
    const reply = await sendOn(socket, "https://api.lab.test/x", {
      method: "POST",
      body: "hello",
      headers: { "x-api-key": "k" },
    });
    expect(echoOf(reply)).toMatchObject({
      origin: "api.lab.test",
      url: "/x",
      headers: { via: "1.1 inspector", "x-api-key": "k" },
      body: { length: 5 },
    });
    expect(lab.log.of("inspector", "request").at(-1)).toMatchObject({
      url: "https://api.lab.test/x",
      method: "POST",
      inspected: true,
      headers: { "x-api-key": "k" },
    });
  });

  it("is refused by clients that do not trust its CA", async () => {
    const { socket } = await requestTunnel(inspector, "api.lab.test:443");
    await expect(startTls(socket, { ca: lab.authorities.root.cert, servername: "api.lab.test" })).rejects.toThrow(
      "unable to verify the first certificate",
    );
  });

  it("takes a request that names its whole URL, as some clients do that know of a proxy", async () => {
    const socket = await through("api.lab.test");
    socket.write("GET https://api.lab.test/x?y HTTP/1.1\r\nHost: api.lab.test\r\nConnection: close\r\n\r\n");
    expect((await readAll(socket)).text).toContain('"url":"/x?y"');
    expect(lab.log.of("inspector", "request").at(-1)).toMatchObject({ url: "https://api.lab.test/x?y" });
  });

  it("keeps the connection for further requests, and resumes its sessions", async () => {
    const agentless = await through("api.lab.test");
    const ticket = once(agentless, "session");
    agentless.write(
      "GET /1 HTTP/1.1\r\nHost: api.lab.test\r\n\r\nGET /2 HTTP/1.1\r\nHost: api.lab.test\r\nConnection: close\r\n\r\n",
    );
    const { text } = await readAll(agentless);
    expect(text.match(/"url":"\/\d"/g)).toEqual(['"url":"/1"', '"url":"/2"']);
    const [session] = (await ticket) as [Buffer];
    const again = await through("api.lab.test", { session });
    expect(again.isSessionReused()).toBe(true);
    again.destroy();
  });

  it("goes on without a client certificate, so that an origin that demands one refuses it", async () => {
    await lab.origin({ name: "strict.lab.test", clientCertificate: "required" });
    await lab.origin({ name: "strict12.lab.test", clientCertificate: "required", maxVersion: "TLSv1.2" });
    await lab.origin({ name: "asking.lab.test", clientCertificate: "asked" });
    const alice = certificateOf(lab.files.client);
    for (const host of ["strict.lab.test", "strict12.lab.test"]) {
      expect((await sendOn(await through(host, alice), `https://${host}/`)).status).toBe(502);
    }
    const asked = await sendOn(await through("asking.lab.test", alice), "https://asking.lab.test/");
    expect(echoOf(asked).peer).toBeNull();
    expect(lab.log.of("inspector", "tls").every((event) => event.peer === undefined)).toBe(true);
  });

  it("does not touch exempt hosts", async () => {
    await lab.origin({ name: "mtls.lab.test", clientCertificate: "required", minVersion: "TLSv1.3" });
    await lab.origin({ name: "my.bank.lab.test" });
    const before = lab.log.of("inspector", "tls").length;
    const socket = await through("mtls.lab.test", certificateOf(lab.files.client));
    expect(issuerOf(socket)).toBe("O=Lab\nCN=Lab Intermediate CA");
    const echo = echoOf(await sendOn(socket, "https://mtls.lab.test/"));
    expect(echo.peer).toBe("alice");
    expect(echo.headers).not.toHaveProperty("via");
    const bank = await through("my.bank.lab.test");
    expect(issuerOf(bank)).toBe("O=Lab\nCN=Lab Intermediate CA");
    bank.destroy();
    expect(lab.log.of("inspector", "tls")).toHaveLength(before);
  });

  it.each([
    ["expired", "CERT_HAS_EXPIRED"],
    ["wrong-name", "ERR_TLS_CERT_ALTNAME_INVALID"],
    ["untrusted-root", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
    ["self-signed", "DEPTH_ZERO_SELF_SIGNED_CERT"],
  ] as const)(
    "answers 502 for an origin whose certificate is %s",
    async (certificate: NonNullable<OriginOptions["certificate"]>, code) => {
      const bad = await lab.origin({ certificate });
      const reply = await sendOn(await through(bad.name), bad.url);
      expect(reply.status).toBe(502);
      expect(reply.body).toContain(code);
    },
  );

  it("answers 502 to the CONNECT for a name that it cannot resolve, and 403 for an address elsewhere", async () => {
    expect((await requestTunnel(inspector, "nosuch.lab.test:443")).status).toBe(502);
    expect((await requestTunnel(inspector, "192.0.2.1:443")).status).toBe(403);
  });

  it("certifies IP addresses, for clients that send no server name", async () => {
    const { socket } = await requestTunnel(inspector, `127.0.0.1:${api.port}`);
    const secured = await startTls(socket, { ca, host: "127.0.0.1" });
    expect(issuerOf(secured)).toBe("CN=Lab Inspector CA");
    expect(echoOf(await sendOn(secured, `https://127.0.0.1:${api.port}/`)).origin).toBe("api.lab.test");
    expect(lab.log.of("inspector", "request").at(-1)?.url).toBe(`https://127.0.0.1:${api.port}/`);
  });

  it("passes what is not TLS", async () => {
    const { socket } = await requestTunnel(inspector, "plain.lab.test:80");
    expect(echoOf(await sendOn(socket, "http://plain.lab.test/")).headers).not.toHaveProperty("via");
  });

  it("passes events of a stream as they come, and notices when the client goes", async () => {
    const socket = await through("api.lab.test");
    const first = await firstOfStream(lab, "api.lab.test", {
      path: "/sse?count=2&interval=600000",
      headers: { host: "api.lab.test" },
      createConnection: () => socket,
    });
    expect(first).toContain('"tick":1');
  });

  it("passes WebSockets", async () => {
    const socket = await through("api.lab.test");
    const client = new WebSocket("ws://api.lab.test/ws", { createConnection: () => socket });
    await once(client, "open");
    client.send("through the inspector");
    expect(String((await once(client, "message"))[0])).toBe("through the inspector");
    client.close(1000);
    expect((await once(client, "close"))[0]).toBe(1000);
    expect(lab.log.of("inspector", "request").at(-1)).toMatchObject({
      url: "https://api.lab.test/ws",
      inspected: true,
    });
  });

  it("loses nothing of what either side sends together with its part of an upgrade", async () => {
    const { chain, key } = await lab.authorities.intermediate.issue({
      commonName: "eager",
      hosts: ["127.0.0.1"],
      usage: "server",
    });
    let heard = "";
    const eager = createServer({ cert: chain, key }, (peer) => {
      peer.on("data", (chunk: Buffer) => {
        if (heard === "")
          peer.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nfrom the origin");
        heard += chunk.toString();
        if (heard.endsWith("from the client")) peer.end();
      });
    });
    eager.listen(0, "127.0.0.1");
    await once(eager, "listening");
    const { socket } = await requestTunnel(inspector, `127.0.0.1:${(eager.address() as AddressInfo).port}`);
    const secured = await startTls(socket, { ca, host: "127.0.0.1" });
    secured.write("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nfrom the client");
    const { text } = await readAll(secured);
    expect(text).toMatch(/^HTTP\/1\.1 101 [^]*\r\n\r\nfrom the origin$/);
    expect(heard).toMatch(/\r\n\r\nfrom the client$/);
    eager.close();
  });

  it("passes an origin's refusal of a WebSocket", async () => {
    const filtered = await lab.origin({ fault: "block-page" });
    const socket = await through(filtered.name);
    const client = new WebSocket(`ws://${filtered.name}/ws`, { createConnection: () => socket });
    const [error] = (await once(client, "error")) as [Error];
    expect(error.message).toBe("Unexpected server response: 200");
  });

  it("does all that behind TLS and a login of its own", async () => {
    const login = { username: "alice", password: "secret" };
    const proxy = await lab.proxy({ protocol: "https", login, inspect: true });
    const hop = await dialTls(proxy.port, { ca });
    const { socket, status } = await requestTunnel(proxy, "api.lab.test:443", {
      on: hop,
      authorization: basic("alice", "secret"),
    });
    expect(status).toBe(200);
    const inner = await startTls(socket, { ca, servername: "api.lab.test" });
    expect(issuerOf(inner)).toBe("CN=Lab Inspector CA");
    const request = httpRequest({
      path: "/bytes?n=300000",
      headers: { host: "api.lab.test" },
      createConnection: () => inner,
    }).end();
    const [response] = (await once(request, "response")) as [AsyncIterable<unknown>];
    expect(await textOf(response)).toHaveLength(300_000);
  });
});
