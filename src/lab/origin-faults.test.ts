import { once } from "node:events";
import { Agent } from "node:https";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import {
  certificateOf,
  dial,
  dialTls,
  echoOf,
  failureOf,
  readAll,
  readHead,
  send,
  sendHttp2,
} from "./testing/clients.js";
import type { LabOrigin, OriginFault } from "./types.js";
import { ownLab } from "./testing/own-lab.js";

const { lab, ca } = await ownLab();

const broken = (fault: OriginFault): Promise<LabOrigin> => lab.origin({ fault });

/** A connection after TLS on which a request has been sent and seen by the origin. */
async function asked(origin: LabOrigin, path = "/") {
  const socket = await dialTls(origin.port, { ca });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  return socket;
}

describe("an origin's fault", () => {
  it("silent: the connection stands and nothing is said", async () => {
    const origin = await broken("silent");
    const socket = await dial(origin.port);
    socket.write("hello");
    await lab.log.waitFor((event) => event.by === origin.name && event.kind === "accept");
    // Ending our side is the only thing that ends it.
    socket.end();
    expect(await readAll(socket)).toEqual({ text: "", reset: false });
    expect(lab.log.of(origin.name, "tls")).toEqual([]);
  });

  it("reset: the handshake is cut by a reset", async () => {
    expect(await failureOf(send((await broken("reset")).directUrl, { ca }))).toBe("ECONNRESET");
  });

  it("not-tls: plain text comes where TLS is expected", async () => {
    await expect(send((await broken("not-tls")).directUrl, { ca })).rejects.toThrow("wrong version number");
  });

  it("close-before-answer: TLS stands, then the connection ends in place of an answer", async () => {
    const origin = await broken("close-before-answer");
    expect(await readAll(await asked(origin))).toEqual({ text: "", reset: false });
    expect(lab.log.of(origin.name, "request")).toHaveLength(1);
    await expect(sendHttp2(origin.directUrl, ca)).rejects.toThrow("the session ended without an answer");
    await expect(send(origin.directUrl, { ca, method: "POST", body: "x".repeat(300_000) })).rejects.toThrow(
      "socket hang up",
    );
  });

  it("never-answers: the request is read and never answered", async () => {
    const origin = await broken("never-answers");
    const socket = await asked(origin);
    await lab.log.waitFor((event) => event.by === origin.name && event.kind === "request");
    socket.end();
    expect((await readAll(socket)).text).toBe("");
  });

  it("cut-body: half the body comes, then a reset", async () => {
    const { text, reset } = await readAll(await asked(await broken("cut-body")));
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*content-length: 2000/);
    expect(text.split("\r\n\r\n")[1]).toHaveLength(1000);
    expect(reset).toBe(true);
  });

  it("stalled-stream: one event comes, then silence", async () => {
    const origin = await broken("stalled-stream");
    const socket = await asked(origin, "/sse?count=3&interval=0");
    let text = "";
    socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
    while (!text.includes("\n\n\r\n")) await once(socket, "data");
    // Round trips enough for a second event, if there were one.
    const sound = await lab.origin();
    for (let trip = 0; trip < 3; trip++) await send(sound.directUrl, { ca });
    expect(text.match(/^data: /gm)).toHaveLength(1);
    socket.destroy();
  });

  it("stalled-stream: an answer that is not a stream becomes one that stalls", async () => {
    const socket = await asked(await broken("stalled-stream"), "/echo");
    expect(await readHead(socket)).toMatch(/content-type: text\/event-stream/);
    socket.destroy();
  });

  it("not-http: something else is spoken after TLS", async () => {
    expect((await readAll(await asked(await broken("not-http")))).text).toBe("220 mail.lab.test ESMTP\r\n");
    expect(await failureOf(send((await broken("not-http")).directUrl, { ca }))).toBe("HPE_INVALID_CONSTANT");
  });

  it("nginx-400: who shows no good certificate gets nginx's page", async () => {
    const origin = await lab.origin({ clientCertificate: "required", fault: "nginx-400" });
    const none = await send(origin.directUrl, { ca });
    expect([none.status, none.headers["server"]]).toEqual([400, "nginx"]);
    expect(none.body).toContain("<center>No required SSL certificate was sent</center>");
    const wrong = await send(origin.directUrl, { ca, ...certificateOf(lab.files.wrongClient) });
    expect(wrong.status).toBe(400);
    expect(wrong.body).toContain("<center>The SSL certificate error</center>");
    expect(echoOf(await send(origin.directUrl, { ca, ...certificateOf(lab.files.client) })).peer).toBe("alice");
  });

  it("block-page: a filter's page comes with status 200", async () => {
    const reply = await send(`${(await broken("block-page")).directUrl}/v1/messages`, {
      ca,
      method: "POST",
      body: "{}",
    });
    expect([reply.status, reply.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    expect(reply.body).toContain("Web Page Blocked");
  });

  it("close-after-answer: the connection ends after an answer that promised to keep it", async () => {
    const origin = await broken("close-after-answer");
    const socket = await asked(origin);
    const { text } = await readAll(socket);
    expect(text).toMatch(/^Connection: keep-alive$/im);
    expect(text).toContain(`"origin":"${origin.name}"`);
  });

  it("close-after-answer: HTTP/2 ends after a whole answer as well", async () => {
    const origin = await broken("close-after-answer");
    expect(echoOf(await sendHttp2(origin.directUrl, ca)).httpVersion).toBe("2.0");
    await lab.log.waitFor((event) => event.by === origin.name && event.kind === "close");
  });

  it("takes effect on a connection that is open, and ends as it is switched off", async () => {
    const origin = await lab.origin();
    const agent = new Agent({ keepAlive: true });
    expect((await send(origin.directUrl, { ca, agent })).status).toBe(200);
    origin.fault = "block-page";
    expect((await send(origin.directUrl, { ca, agent })).body).toContain("Blocked");
    origin.fault = undefined;
    expect(echoOf(await send(origin.directUrl, { ca, agent })).connection).toBe(1);
    agent.destroy();
  });
});

describe("an origin's fault at a WebSocket's upgrade", () => {
  const failureOfUpgrade = (origin: LabOrigin): Promise<string> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`${origin.directUrl}/ws`.replace("https:", "wss:"), { ca });
      socket.on("error", (error) => resolve(error.message));
    });

  it.each([
    ["block-page", "Unexpected server response: 200"],
    ["nginx-400", "Unexpected server response: 400"],
    ["close-before-answer", "socket hang up"],
    ["not-http", "Parse Error: Expected HTTP/"],
    ["reset", "ECONNRESET"],
  ] as const)("%s", async (fault, message) => {
    expect(await failureOfUpgrade(await broken(fault))).toContain(message);
  });

  it("cut-body: the head is cut by a reset", async () => {
    expect(await failureOfUpgrade(await broken("cut-body"))).toMatch(/ECONNRESET|hang up/);
  });

  it("never-answers: the upgrade is read and never answered", async () => {
    const origin = await broken("never-answers");
    const socket = new WebSocket(`${origin.directUrl}/ws`.replace("https:", "wss:"), { ca });
    const failed = once(socket, "error").catch((error: unknown) => [error]);
    await lab.log.waitFor((event) => event.by === origin.name && event.kind === "request");
    socket.terminate();
    expect(String(await failed)).toContain("closed before the connection was established");
  });

  it("stalled-stream: one message comes back, and no more", async () => {
    const origin = await lab.origin({ tls: false, fault: "stalled-stream" });
    const socket = await dial(origin.port);
    const upgrade = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: x", "Sec-WebSocket-Version: 13"];
    socket.write(["GET /ws HTTP/1.1", "Host: localhost", ...upgrade, "\r\n"].join("\r\n"));
    await readHead(socket);
    // Masked with zeros: the text stays readable.
    const frame = (text: string) => Buffer.from([0x81, 0x80 + text.length, 0, 0, 0, 0, ...Buffer.from(text)]);
    socket.end(Buffer.concat([frame("one"), frame("two")]));
    expect((await readAll(socket)).text).toBe("\x81\x03one");
  });
});
