import { createHash } from "node:crypto";
import { once } from "node:events";
import { Agent } from "node:https";
import { describe, expect, it } from "vitest";
import { certificateOf, dialTls, echoOf, failureOf, readAll, send, sendHttp2, sendOn } from "./testing/clients.js";
import { ownLab } from "./testing/own-lab.js";

const { lab, ca } = await ownLab();
const origin = await lab.origin({ name: "api.lab.test" });

describe("an origin", () => {
  it("echoes what arrived, and logs the same", async () => {
    const reply = await send(`${origin.directUrl}/echo?a=b`, {
      ca,
      method: "POST",
      body: "hello",
      headers: { "X-One": "1", cookie: ["a=1", "b=2"] },
    });
    expect(reply.status).toBe(200);
    expect(echoOf(reply)).toMatchObject({
      origin: "api.lab.test",
      method: "POST",
      url: "/echo?a=b",
      httpVersion: "1.1",
      headers: { "x-one": "1", cookie: "a=1; b=2" },
      peer: null,
      tls: { version: "TLSv1.3", alpn: false, resumed: false },
      body: { length: 5, sha256: createHash("sha256").update("hello").digest("hex") },
    });
    const logged = lab.log.of("api.lab.test", "request").at(-1);
    expect(logged).toMatchObject({ method: "POST", url: "/echo?a=b", inspected: false, peer: undefined });
    expect(logged?.headers).toEqual(echoOf(reply).headers);
  });

  it("speaks HTTP/2 to those who offer it", async () => {
    const { body } = await sendHttp2(`${origin.directUrl}/any/path`, ca);
    expect(echoOf({ body })).toMatchObject({
      httpVersion: "2.0",
      url: "/any/path",
      tls: { alpn: "h2" },
      headers: { host: `localhost:${origin.port}` },
    });
  });

  it("speaks HTTP/1.1 alone where http2 is off", async () => {
    const old = await lab.origin({ http2: false });
    const socket = await dialTls(old.port, { ca, ALPNProtocols: ["h2", "http/1.1"] });
    expect(socket.alpnProtocol).toBe("http/1.1");
    socket.destroy();
  });

  it("serves plain http where tls is off", async () => {
    const plain = await lab.origin({ tls: false });
    expect(plain.url).toBe(`http://${plain.name}:${plain.port}`);
    expect(echoOf(await send(plain.directUrl)).tls).toBeNull();
  });

  it("listens on ::1 on demand", async () => {
    const six = await lab.origin({ address: "::1" });
    expect(echoOf(await send(`${six.directUrl}/six`, { ca, lookup: lab.lookup })).url).toBe("/six");
    const socket = await dialTls(six.port, { host: "::1", ca, servername: six.name });
    expect(echoOf(await sendOn(socket, six.url)).origin).toBe(six.name);
  });

  it("counts its connections, which stay open between requests", async () => {
    const counted = await lab.origin();
    const agent = new Agent({ keepAlive: true });
    const numbers = [];
    for (const _ of [1, 2]) numbers.push(echoOf(await send(counted.directUrl, { ca, agent })).connection);
    numbers.push(echoOf(await send(counted.directUrl, { ca })).connection);
    agent.destroy();
    expect(numbers).toEqual([1, 1, 2]);
    await lab.log.waitFor((event) => event.by === counted.name && event.kind === "close" && event.connection === 1);
  });

  it("resumes TLS sessions and says so", async () => {
    const first = await dialTls(origin.port, { ca });
    const ticket = once(first, "session");
    await sendOn(first, origin.directUrl);
    const [session] = (await ticket) as [Buffer];
    const second = await dialTls(origin.port, { ca, session });
    expect(echoOf(await sendOn(second, origin.directUrl)).tls).toMatchObject({ resumed: true });
    expect(lab.log.of("api.lab.test", "tls").at(-1)).toMatchObject({ resumed: true, servername: "localhost" });
  });

  it("drops all its connections at once", async () => {
    const crashing = await lab.origin();
    const idle = await dialTls(crashing.port, { ca });
    await lab.log.waitFor((event) => event.by === crashing.name && event.kind === "tls");
    const ended = readAll(idle);
    crashing.dropConnections();
    await ended;
    expect(echoOf(await send(crashing.directUrl, { ca })).connection).toBe(2);
  });

  it("refuses a name that another one has, until that is closed", async () => {
    const first = await lab.origin({ name: "taken.lab.test" });
    await expect(lab.origin({ name: "taken.lab.test" })).rejects.toThrow(
      "the lab has an origin taken.lab.test already",
    );
    await first.close();
    await lab.origin({ name: "taken.lab.test" });
  });
});

describe("client certificates", () => {
  it("are demanded: alice gets in", async () => {
    const mtls = await lab.origin({ clientCertificate: "required" });
    const echo = echoOf(await send(mtls.directUrl, { ca, ...certificateOf(lab.files.client) }));
    expect(echo.peer).toBe("alice");
    expect(echo.tls?.issuerSeen).toBe("Lab Client Issuing CA");
    expect(lab.log.of(mtls.name, "tls").at(-1)?.peer).toBe("alice");
  });

  it.each(["TLSv1.2", "TLSv1.3"] as const)("are demanded: nobody else gets in, under %s", async (version) => {
    const mtls = await lab.origin({ clientCertificate: "required", minVersion: version, maxVersion: version });
    const attempts = [
      [undefined, "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE"],
      [lab.files.wrongClient, "client certificate refused: UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
      [lab.files.expiredClient, "client certificate refused: CERT_HAS_EXPIRED"],
    ] as const;
    for (const [files, reason] of attempts) {
      await failureOf(send(mtls.directUrl, { ca, ...(files && certificateOf(files)) }));
      await lab.log.waitFor((event) => event.by === mtls.name && event.kind === "tls-failed" && event.error === reason);
    }
    expect(lab.log.of(mtls.name, "tls")).toEqual([]);
  });

  it("stay with a resumed session", async () => {
    const mtls = await lab.origin({ clientCertificate: "required" });
    const alice = { ca, ...certificateOf(lab.files.client) };
    const first = await dialTls(mtls.port, alice);
    const ticket = once(first, "session");
    await sendOn(first, mtls.directUrl);
    const [session] = (await ticket) as [Buffer];
    const second = await dialTls(mtls.port, { ...alice, session });
    expect(echoOf(await sendOn(second, mtls.directUrl))).toMatchObject({ peer: "alice", tls: { resumed: true } });
  });

  it("may be asked for without need", async () => {
    const asking = await lab.origin({ clientCertificate: "asked" });
    expect(echoOf(await send(asking.directUrl, { ca })).peer).toBeNull();
    expect(echoOf(await send(asking.directUrl, { ca, ...certificateOf(lab.files.client) })).peer).toBe("alice");
  });

  it("are not asked for by default", async () => {
    expect(echoOf(await send(origin.directUrl, { ca, ...certificateOf(lab.files.client) })).peer).toBeNull();
  });
});

describe("an origin's own TLS", () => {
  it("keeps to the versions that it is given", async () => {
    const old = await lab.origin({ maxVersion: "TLSv1.2" });
    expect(echoOf(await send(old.directUrl, { ca })).tls?.version).toBe("TLSv1.2");
    const modern = await lab.origin({ minVersion: "TLSv1.3" });
    await expect(send(modern.directUrl, { ca, maxVersion: "TLSv1.2" })).rejects.toThrow("alert protocol version");
  });

  it.each([
    ["expired", "CERT_HAS_EXPIRED"],
    ["not-yet-valid", "CERT_NOT_YET_VALID"],
    ["wrong-name", "ERR_TLS_CERT_ALTNAME_INVALID"],
    ["self-signed", "DEPTH_ZERO_SELF_SIGNED_CERT"],
    ["no-intermediate", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
    ["untrusted-root", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
  ] as const)("fails as it should when its certificate is %s", async (certificate, code) => {
    const bad = await lab.origin({ certificate });
    expect(await failureOf(send(bad.directUrl, { ca }))).toBe(code);
  });
});

describe("paths", () => {
  it("/sse sends events one by one", async () => {
    const reply = await send(`${origin.directUrl}/sse?count=3&interval=1`, { ca });
    expect(reply.headers["content-type"]).toMatch(/^text\/event-stream/);
    expect(reply.body.match(/^data: .*$/gm)).toEqual([1, 2, 3].map((tick) => `data: {"tick":${tick},"of":3}`));
  });

  it("/sse does not wait for the last event to send the first", async () => {
    const socket = await dialTls(origin.port, { ca });
    socket.write("GET /sse?count=2&interval=600000 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let text = "";
    socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
    while (!text.includes('"tick":1')) await once(socket, "data");
    // Round trips enough for a second event that had not waited.
    for (let trip = 0; trip < 3; trip++) await send(origin.directUrl, { ca });
    expect(text).not.toContain('"tick":2');
    socket.destroy();
  });

  it("/bytes sends as many as asked, by HTTP/2 as well", async () => {
    expect((await send(`${origin.directUrl}/bytes?n=200001`, { ca })).body).toHaveLength(200_001);
    expect((await sendHttp2(`${origin.directUrl}/bytes?n=200001`, ca)).body).toHaveLength(200_001);
    expect((await send(`${origin.directUrl}/bytes?n=0`, { ca })).body).toBe("");
  });

  it("/status answers with that status", async () => {
    expect((await send(`${origin.directUrl}/status/503`, { ca })).status).toBe(503);
    expect(await send(`${origin.directUrl}/status/204`, { ca })).toMatchObject({ status: 204, body: "" });
  });

  it("/redirect points where it is told", async () => {
    const reply = await send(`${origin.directUrl}/redirect?to=https%3A%2F%2Fother.lab.test%2Fx&status=307`, { ca });
    expect([reply.status, reply.headers.location]).toEqual([307, "https://other.lab.test/x"]);
  });

  it("/slow answers in the end", async () => {
    expect(echoOf(await send(`${origin.directUrl}/slow?ms=5`, { ca })).url).toBe("/slow?ms=5");
  });
});
