import { once } from "node:events";
import { connect as connectTls } from "node:tls";
import { describe, expect, it } from "vitest";
import { basic, dial, echoOf, readAll, readHead, requestTunnel, send, sendOn, startTls } from "./testing/clients.js";
import type { LabProxy, ProxyFault } from "./types.js";
import { ownLab } from "./testing/own-lab.js";

const { lab, ca } = await ownLab();
await lab.origin({ name: "api.lab.test" });
await lab.origin({ name: "plain.lab.test", tls: false });

const CONNECT = "CONNECT api.lab.test:443 HTTP/1.1\r\nHost: api.lab.test:443\r\n\r\n";
const GET = "GET http://plain.lab.test/ HTTP/1.1\r\nHost: plain.lab.test\r\n\r\n";

async function asked(proxy: LabProxy, request = CONNECT) {
  const socket = await dial(proxy.port);
  socket.write(request);
  return socket;
}

/** What came until our side was ended, once the proxy had read the request. */
async function unanswered(proxy: LabProxy, request: string) {
  const socket = await asked(proxy, request);
  await lab.log.waitFor((event) => event.by === proxy.name && (event.kind === "connect" || event.kind === "request"));
  socket.end();
  return readAll(socket);
}

describe.each([
  ["CONNECT", CONNECT],
  ["an absolute URL", GET],
])("a proxy's fault at %s", (form, request) => {
  it("status: the given answer comes, and the connection stays", async () => {
    const fault: ProxyFault = {
      kind: "status",
      status: 403,
      reason: "Policy",
      headers: { "X-Filter": "lab" },
      body: "<h1>no</h1>",
    };
    const proxy = await lab.proxy({ fault });
    const socket = await asked(proxy, request);
    const head = await readHead(socket);
    expect(head).toMatch(/^HTTP\/1\.1 403 Policy\r\n/);
    expect(head).toContain("X-Filter: lab\r\n");
    expect(head).toContain("Content-Length: 11\r\n");
    proxy.fault = undefined;
    socket.write(request);
    expect((await readHead(socket)).slice("<h1>no</h1>".length)).toMatch(/^HTTP\/1\.1 200 /);
    socket.destroy();
  });

  it("auth: 407 with the given schemes, whatever the login", async () => {
    const login = { username: "alice", password: "secret" };
    const proxy = await lab.proxy({ login, fault: { kind: "auth", schemes: ["Negotiate", "NTLM", "Basic"] } });
    const socket = await asked(
      proxy,
      request.replace(/\r\n\r\n$/, `\r\nProxy-Authorization: ${basic("alice", "secret")}\r\n\r\n`),
    );
    const head = await readHead(socket);
    expect(head).toMatch(/^HTTP\/1\.1 407 /);
    expect(head.match(/^Proxy-Authenticate: .*$/gm)).toEqual([
      "Proxy-Authenticate: Negotiate",
      "Proxy-Authenticate: NTLM",
      'Proxy-Authenticate: Basic realm="lab"',
    ]);
    socket.destroy();
  });

  it("silent: the request is read and never answered", async () => {
    expect(await unanswered(await lab.proxy({ fault: { kind: "silent" } }), request)).toEqual({
      text: "",
      reset: false,
    });
  });

  it("close: the connection ends in place of an answer", async () => {
    expect(await readAll(await asked(await lab.proxy({ fault: { kind: "close" } }), request))).toEqual({
      text: "",
      reset: false,
    });
  });

  it("reset: the connection is reset in place of an answer", async () => {
    expect(await readAll(await asked(await lab.proxy({ fault: { kind: "reset" } }), request))).toEqual({
      text: "",
      reset: true,
    });
  });

  it("not-http: an SSH server speaks first", async () => {
    const proxy = await lab.proxy({ fault: { kind: "not-http" } });
    const socket = await dial(proxy.port);
    expect(String((await once(socket, "data"))[0])).toMatch(/^SSH-2\.0-/);
    socket.write(request);
    expect((await readAll(socket)).text).toContain("Invalid SSH identification string.");
  });

  it("half-head: the head stops half way", async () => {
    const { text } = await unanswered(await lab.proxy({ fault: { kind: "half-head" } }), request);
    expect(text).toBe("HTTP/1.1 200 Connection estab");
  });

  it("huge-head: the head has no end", async () => {
    const proxy = await lab.proxy({ fault: { kind: "huge-head" } });
    const socket = await asked(proxy, request);
    let text = "";
    socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
    while (text.length < 1_000_000) await once(socket, "data");
    expect(text).toMatch(/^HTTP\/1\.1 200 Connection established\r\nX-Filler: f+\r\n/);
    expect(text).not.toContain("\r\n\r\n");
    socket.destroy();
    await lab.log.waitFor((event) => event.by === proxy.name && event.kind === "close");
  });

  it("dead: TCP stands, and nothing is read or said", async () => {
    const proxy = await lab.proxy({ fault: { kind: "dead" } });
    const socket = await asked(proxy, request);
    await lab.log.waitFor((event) => event.by === proxy.name && event.kind === "accept");
    socket.end();
    expect(await readAll(socket)).toEqual({ text: "", reset: false });
    expect(lab.log.of(proxy.name).map((event) => event.kind)).toEqual(["accept", "close"]);
  });

  it("takes effect on a connection that is open", async () => {
    const proxy = await lab.proxy({ fault: { kind: "status", status: 503 } });
    const socket = await asked(proxy, request);
    expect(await readHead(socket)).toContain(`HTTP/1.1 503 `);
    proxy.fault = { kind: "not-http" };
    socket.write(request);
    expect(`${form}: ${(await readAll(socket)).text}`).toBe(`${form}: SSH-2.0-OpenSSH_9.6\r\n`);
  });
});

describe("a proxy's fault", () => {
  it("status 2xx opens the tunnel all the same, with the headers given", async () => {
    const proxy = await lab.proxy({ fault: { kind: "status", status: 201, headers: { "Content-Length": "5" } } });
    const { socket, status, head } = await requestTunnel(proxy, "api.lab.test:443");
    expect([status, head]).toEqual([201, "HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\n"]);
    expect(
      echoOf(await sendOn(await startTls(socket, { ca, servername: "api.lab.test" }), "https://api.lab.test/")).origin,
    ).toBe("api.lab.test");
  });

  it("status 200 on an absolute URL is an answer, as a captive portal's", async () => {
    const proxy = await lab.proxy({
      fault: { kind: "status", status: 200, headers: { "Content-Type": "text/html" }, body: "<h1>sign in</h1>" },
    });
    const reply = await send(`http://127.0.0.1:${proxy.port}`, { path: "http://plain.lab.test/" });
    expect([reply.status, reply.body]).toEqual([200, "<h1>sign in</h1>"]);
    expect(
      lab.log.of("plain.lab.test", "request").filter((event) => event.headers["via"] === `1.1 ${proxy.name}`),
    ).toEqual([]);
  });

  it("is logged as a CONNECT that was not answered", async () => {
    const proxy = await lab.proxy({ fault: { kind: "close" } });
    await readAll(await asked(proxy));
    expect(lab.log.of(proxy.name, "connect")).toMatchObject([{ target: "api.lab.test:443", status: -1 }]);
    expect(lab.log.of(proxy.name, "resolve")).toEqual([]);
  });

  it("dead over TLS does not even answer the handshake", async () => {
    const proxy = await lab.proxy({ protocol: "https", fault: { kind: "dead" } });
    const socket = await dial(proxy.port);
    const hop = connectTls({ socket, servername: "localhost", ca });
    hop.on("error", () => {});
    await lab.log.waitFor((event) => event.by === proxy.name && event.kind === "accept");
    socket.end();
    await once(socket, "close");
    expect(lab.log.of(proxy.name).map((event) => event.kind)).not.toContain("tls-failed");
  });
});
