import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gateway } from "./types.js";
import { basicFor, upstream, gatewayAt, RawClient, type Upstream } from "./testing/clients.js";

const headTimeout = 400;
let far: Upstream;
let gateway: Gateway;
beforeAll(async () => {
  far = await upstream((socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nseen"));
  gateway = await gatewayAt(undefined, { headTimeout });
});
afterAll(async () => {
  await gateway.destroy();
  await far[Symbol.asyncDispose]();
});

/** By the status that is the answer. HOST stands for the upstream, AUTH for the whole Proxy-Authorization line. */
const corpus: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  400: {
    "transfer-encoding behind content-length":
      "POST http://HOST/ HTTP/1.1\r\nHost: HOST\r\nAUTHContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "content-length behind transfer-encoding":
      "POST http://HOST/ HTTP/1.1\r\nHost: HOST\r\nAUTHTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "two content-lengths that agree":
      "POST http://HOST/ HTTP/1.1\r\nHost: HOST\r\nAUTHContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
    "two content-lengths that differ":
      "POST http://HOST/ HTTP/1.1\r\nHost: HOST\r\nAUTHContent-Length: 4\r\nContent-Length: 0\r\n\r\nabcd",
    "a list of content-lengths": "POST http://HOST/ HTTP/1.1\r\nHost: HOST\r\nAUTHContent-Length: 4, 4\r\n\r\nabcd",
    "a signed content-length": "POST http://HOST/ HTTP/1.1\r\nHost: HOST\r\nAUTHContent-Length: +4\r\n\r\nabcd",
    "a content-length that is too large for a number":
      "POST http://HOST/ HTTP/1.1\r\nHost: HOST\r\nAUTHContent-Length: 99999999999999999999999\r\n\r\nabcd",
    "a transfer-encoding that does not end in chunked":
      "POST http://HOST/ HTTP/1.1\r\nHost: HOST\r\nAUTHTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "the transfer-encoding identity":
      "POST http://HOST/ HTTP/1.1\r\nHost: HOST\r\nAUTHTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "the transfer-encoding xchunked":
      "POST http://HOST/ HTTP/1.1\r\nHost: HOST\r\nAUTHTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "two transfer-encodings":
      "POST http://HOST/ HTTP/1.1\r\nHost: HOST\r\nAUTHTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "transfer-encoding in HTTP/1.0":
      "POST http://HOST/ HTTP/1.0\r\nHost: HOST\r\nAUTHTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "lines that end in LF alone": "GET http://HOST/ HTTP/1.1\nHost: HOST\n\n",
    "one field that ends in LF alone": "GET http://HOST/ HTTP/1.1\r\nAUTHHost: HOST\nX: y\r\n\r\n",
    "a CR alone within a field": "GET http://HOST/ HTTP/1.1\r\nAUTHHost: HOST\rX: y\r\n\r\n",
    "a start line that ends in CR alone": "GET http://HOST/ HTTP/1.1\rHost: HOST\r\n\r\n",
    "a folded field": "GET http://HOST/ HTTP/1.1\r\nHost: HOST\r\nAUTHX: y\r\n z\r\n\r\n",
    "a space before the colon": "GET http://HOST/ HTTP/1.1\r\nAUTHHost : HOST\r\n\r\n",
    "a space before the first field": "GET http://HOST/ HTTP/1.1\r\n Host: HOST\r\nAUTH\r\n",
    "NUL in a field": "GET http://HOST/ HTTP/1.1\r\nHost: HOST\r\nAUTHX: a\0b\r\n\r\n",
    "NUL in the target": "GET http://HOST/\0 HTTP/1.1\r\nHost: HOST\r\nAUTH\r\n",
    "a field without a name": "GET http://HOST/ HTTP/1.1\r\nHost: HOST\r\nAUTH: x\r\n\r\n",
    "a field without a colon": "GET http://HOST/ HTTP/1.1\r\nHost: HOST\r\nAUTHfoo\r\n\r\n",
    "a Host that is not the target's": "GET http://HOST/ HTTP/1.1\r\nHost: other.example\r\nAUTH\r\n",
    "a Host with another port": "GET http://HOST/ HTTP/1.1\r\nHost: 127.0.0.1:1\r\nAUTH\r\n",
    "two Hosts": "GET http://HOST/ HTTP/1.1\r\nHost: HOST\r\nAUTHHost: HOST\r\n\r\n",
    "no Host": "GET http://HOST/ HTTP/1.1\r\nAUTH\r\n",
    "an empty Host": "GET http://HOST/ HTTP/1.1\r\nHost:\r\nAUTH\r\n",
    "a login in the target": "GET http://user:secret@HOST/ HTTP/1.1\r\nHost: HOST\r\nAUTH\r\n",
    "an empty login in the target": "GET http://@HOST/ HTTP/1.1\r\nHost: HOST\r\nAUTH\r\n",
    "a fragment in the target": "GET http://HOST/#x HTTP/1.1\r\nHost: HOST\r\nAUTH\r\n",
    "a backslash in the target": "GET http://HOST\\@other.example/ HTTP/1.1\r\nHost: HOST\r\nAUTH\r\n",
    "another scheme": "GET ftp://HOST/ HTTP/1.1\r\nHost: HOST\r\nAUTH\r\n",
    "the target *": "OPTIONS * HTTP/1.1\r\nHost: HOST\r\nAUTH\r\n",
    "a method in lower case": "get http://HOST/ HTTP/1.1\r\nHost: HOST\r\nAUTH\r\n",
    "connect in lower case": "connect HOST HTTP/1.1\r\nHost: HOST\r\nAUTH\r\n",
    "an unknown method": "FOO http://HOST/ HTTP/1.1\r\nHost: HOST\r\nAUTH\r\n",
    "two spaces in the start line, and a third word": "GET http://HOST/ x HTTP/1.1\r\nHost: HOST\r\nAUTH\r\n",
    "tabs in the start line": "GET\thttp://HOST/\tHTTP/1.1\r\nHost: HOST\r\nAUTH\r\n",
    "HTTP/0.9": "GET http://HOST/\r\n\r\n",
    "HTTP/1.2": "GET http://HOST/ HTTP/1.2\r\nHost: HOST\r\nAUTH\r\n",
    "HTTP/2.0 as a version": "GET http://HOST/ HTTP/2.0\r\nHost: HOST\r\nAUTH\r\n",
    "the preface of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a second Host behind two thousand fields": `GET http://HOST/ HTTP/1.1\r\nHost: HOST\r\nAUTH${"a:\r\n".repeat(2500)}Host: other.example\r\n\r\n`,
    "an upgrade with content":
      "GET http://HOST/ HTTP/1.1\r\nHost: HOST\r\nAUTHConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 3\r\n\r\nabc",
    "CONNECT with content-length": "CONNECT HOST HTTP/1.1\r\nHost: HOST\r\nAUTHContent-Length: 3\r\n\r\nabc",
    "CONNECT with content-length 0": "CONNECT HOST HTTP/1.1\r\nHost: HOST\r\nAUTHContent-Length: 0\r\n\r\n",
    "CONNECT with transfer-encoding":
      "CONNECT HOST HTTP/1.1\r\nHost: HOST\r\nAUTHTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "CONNECT with a path": "CONNECT HOST/x HTTP/1.1\r\nHost: HOST\r\nAUTH\r\n",
    "CONNECT with a URL": "CONNECT http://HOST/ HTTP/1.1\r\nHost: HOST\r\nAUTH\r\n",
    "CONNECT with a path alone": "CONNECT / HTTP/1.1\r\nHost: HOST\r\nAUTH\r\n",
    "CONNECT with a login": "CONNECT user@HOST HTTP/1.1\r\nHost: HOST\r\nAUTH\r\n",
    "CONNECT without a port": "CONNECT 127.0.0.1 HTTP/1.1\r\nHost: 127.0.0.1\r\nAUTH\r\n",
    "CONNECT without a host": "CONNECT :443 HTTP/1.1\r\nHost: HOST\r\nAUTH\r\n",
    "CONNECT to port 0": "CONNECT 127.0.0.1:0 HTTP/1.1\r\nHost: 127.0.0.1\r\nAUTH\r\n",
    "CONNECT to port 65536": "CONNECT 127.0.0.1:65536 HTTP/1.1\r\nHost: 127.0.0.1\r\nAUTH\r\n",
    "CONNECT to a port with letters": "CONNECT 127.0.0.1:1x HTTP/1.1\r\nHost: 127.0.0.1\r\nAUTH\r\n",
    "CONNECT to IPv6 without brackets": "CONNECT ::1:443 HTTP/1.1\r\nHost: HOST\r\nAUTH\r\n",
    "CONNECT to a name in brackets": "CONNECT [localhost]:443 HTTP/1.1\r\nHost: HOST\r\nAUTH\r\n",
    "CONNECT with another Host": "CONNECT HOST HTTP/1.1\r\nHost: other.example\r\nAUTH\r\n",
    "CONNECT with two Hosts": "CONNECT HOST HTTP/1.1\r\nHost: HOST\r\nHost: HOST\r\nAUTH\r\n",
    "CONNECT with a folded field": "CONNECT HOST HTTP/1.1\r\nHost: HOST\r\nAUTHX: y\r\n z\r\n\r\n",
    "CONNECT in HTTP/2.0": "CONNECT HOST HTTP/2.0\r\nHost: HOST\r\nAUTH\r\n",
    "CONNECT with two logins": "CONNECT HOST HTTP/1.1\r\nHost: HOST\r\nAUTHProxy-Authorization: Basic eDp5\r\n\r\n",
    TLS: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  },
  431: {
    "a head of 20 kB": `GET http://HOST/ HTTP/1.1\r\nHost: HOST\r\nAUTHX: ${"a".repeat(20_000)}\r\n\r\n`,
    "a target of 20 kB": `GET http://HOST/${"a".repeat(20_000)} HTTP/1.1\r\nHost: HOST\r\nAUTH\r\n`,
    "CONNECT with a head of 20 kB": `CONNECT HOST HTTP/1.1\r\nHost: HOST\r\nAUTHX: ${"a".repeat(20_000)}\r\n\r\n`,
  },
  408: {
    "half a head, and then nothing": "GET http://HOST/ HTTP/1.1\r\nHost: HO",
    "half a CONNECT, and then nothing": "CONNECT HOST HTTP/1.1\r\nHost: HO",
  },
};

const filled = (text: string): string =>
  text.replaceAll("HOST", far.target).replaceAll("AUTH", basicFor(gateway.token));

describe("a head that cannot be trusted is answered, its connection closed, and nothing goes on", () => {
  const heads = Object.entries(corpus).flatMap(([status, named]) =>
    Object.entries(named).map(([name, head]) => [name, head, status] as const),
  );
  it.each(heads)("%s", async (_name, head, status) => {
    await using client = await RawClient.to(gateway);
    client.send(filled(head));
    const answer = await client.answer();
    expect(answer).toMatch(new RegExp(String.raw`^HTTP/1\.1 ${status} [A-Z]`));
    expect(answer).toMatch(/^connection: close\r$/im);
    expect(answer).toMatch(/^sallyport-fault: HTTP_(?:INVALID|TIMEOUT)\r$/m);
    expect(answer).toMatch(/\r\n\r\nerror: .+ \[HTTP_(?:INVALID|TIMEOUT)\]\nhint: .+\n$/);
    expect(answer).not.toContain("secret");
    await client.end();
    expect(far.sockets, "the upstream saw something").toHaveLength(0);
  });

  it.each([
    ["CONNECT", (target: string): string => `CONNECT ${target} HTTP/1.1`],
    ["absolute form", (target: string): string => `GET http://${target}/ HTTP/1.1`],
  ])("a Host that names the gateway, as node:http writes it by itself, is taken: %s", async (_form, line) => {
    await using asked = await upstream((socket) => socket.resume());
    await using client = await RawClient.to(gateway);
    client.send(`${line(asked.target)}\r\nHost: ${new URL(gateway.url).host}\r\n${basicFor(gateway.token)}\r\n`);
    await asked.connection();
    expect(asked.sockets).toHaveLength(1);
  });

  it("without the token a malformed head is told the same, and learns nothing of the upstream", async () => {
    await using client = await RawClient.to(gateway);
    client.send(`CONNECT ${far.target}/x HTTP/1.1\r\nHost: ${far.target}\r\n\r\n`);
    expect(await client.answer()).toMatch(/^HTTP\/1\.1 400 /);
  });

  it("a CONNECT that overtakes an unanswered request is not served: its answer would be taken for that one's", async () => {
    await using slow = await upstream((socket) => socket.resume());
    await using client = await RawClient.to(gateway);
    const auth = basicFor(gateway.token);
    client.send(`GET http://${slow.target}/ HTTP/1.1\r\nHost: ${slow.target}\r\n${auth}\r\n`);
    client.send(`CONNECT ${far.target} HTTP/1.1\r\nHost: ${far.target}\r\n${auth}\r\n`);
    expect(await client.rest()).not.toContain("200");
    expect(far.sockets).toHaveLength(0);
  });

  it("rubbish behind a request that is being served ends the connection without a second answer", async () => {
    await using slow = await upstream((socket) => socket.resume());
    await using client = await RawClient.to(gateway);
    client.send(
      `POST http://${slow.target}/ HTTP/1.1\r\nHost: ${slow.target}\r\n${basicFor(gateway.token)}Transfer-Encoding: chunked\r\n\r\n`,
    );
    await slow.connection();
    client.send("zz\r\nnot a chunk\r\n");
    expect(await client.rest()).toBe("");
  });

  it("a client who connects and says nothing is let go", async () => {
    await using client = await RawClient.to(gateway);
    expect(await client.rest()).toBe("");
  });
});
