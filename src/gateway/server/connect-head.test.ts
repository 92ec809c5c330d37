import http, { type IncomingMessage } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConnectHeads, readConnectHead } from "./connect-head.js";

const server = http.createServer({ requireHostHeader: false });
const read = (text: string): ReturnType<typeof readConnectHead> => readConnectHead(Buffer.from(text, "latin1"), 16_384);
const plain = "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\nProxy-Authorization: Basic x=\r\n\r\n";

beforeAll(() => new Promise<void>((done) => server.listen(0, "127.0.0.1", done)));
afterAll(() => new Promise((done) => server.close(done)));

/** What node:http makes of the same bytes; undefined where it refuses them. */
function nodes(text: string): Promise<{ request: IncomingMessage; head: Buffer } | undefined> {
  return new Promise((resolve) => {
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    const onConnect = (request: IncomingMessage, client: Socket, head: Buffer): void => {
      settle({ request, head });
      client.destroy();
    };
    const onError = (_error: Error, client: { destroy(): void }): void => {
      settle(undefined);
      client.destroy();
    };
    const settle = (value: { request: IncomingMessage; head: Buffer } | undefined): void => {
      server.off("connect", onConnect).off("clientError", onError);
      socket.destroy();
      resolve(value);
    };
    server.on("connect", onConnect).on("clientError", onError);
    socket.on("error", () => undefined);
    socket.end(Buffer.from(text, "latin1"));
  });
}

describe("the head of a CONNECT, read without a parser", () => {
  it.each<[string, string]>([
    ["as curl sends it", plain.replace("\r\n\r\n", "\r\nUser-Agent: curl/8\r\nProxy-Connection: Keep-Alive\r\n\r\n")],
    ["with first bytes of the tunnel behind it", `${plain}\x16\x03\x01\r\n\r\n\xff`],
    ["with blanks around a value", plain.replace("Host: a.example:443", "Host: \t a.example:443 \t ")],
    ["with an empty value", plain.replace("Basic x=", "")],
    ["with a colon in a value", plain.replace("Basic x=", "a:b:c")],
    ["without any field", "CONNECT a.example:443 HTTP/1.1\r\n\r\n"],
    ["for an address of IPv6", plain.replaceAll("a.example", "[2001:db8::1]")],
  ])("is what node:http reads: %s", async (_what, text) => {
    const ours = read(text);
    const theirs = await nodes(text);
    expect(ours?.target).toBe(theirs?.request.url);
    expect(Object.fromEntries(ours?.fields ?? [])).toEqual({ ...theirs?.request.headers });
    expect(ours?.rest.toString("latin1")).toBe(theirs?.head.toString("latin1"));
  });

  it.each<[string, string]>([
    ["another method", plain.replace("CONNECT", "GET")],
    ["a method in lower case", plain.replace("CONNECT", "connect")],
    ["a head that has not come whole", plain.slice(0, -1)],
    ["HTTP/1.0", plain.replace("HTTP/1.1", "HTTP/1.0")],
    ["two blanks before the target", plain.replace("CONNECT ", "CONNECT  ")],
    ["a control character in the target", plain.replace("a.example:443 ", "a.\x00example:443 ")],
    ["bare line feeds", plain.replace("443\r\nProxy", "443\nProxy")],
    ["a bare carriage return in a value", plain.replace("Basic x=", "Basic\rx=")],
    ["a folded field", plain.replace("Basic x=", "Basic\r\n x=")],
    ["a blank before the colon", plain.replace("Host:", "Host :")],
    ["a line without a colon", plain.replace("Host: ", "Host ")],
    ["an empty name", plain.replace("Host:", ":")],
    ["a NUL in a value", plain.replace("Basic x=", "Basic \x00")],
    ["bytes beyond ASCII in a value", plain.replace("Basic x=", "Basic \xe4")],
    ["a field that comes twice", plain.replace("\r\n\r\n", "\r\nhost: a.example:443\r\n\r\n")],
    ["content-length", plain.replace("\r\n\r\n", "\r\nContent-Length: 0\r\n\r\n")],
    ["transfer-encoding", plain.replace("\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n")],
    ["expect", plain.replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n")],
    ["upgrade", plain.replace("\r\n\r\n", "\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")],
    ["a head beyond the limit", plain.replace("x=", "x".repeat(17_000))],
  ])("leaves to node:http: %s", (_what, text) => {
    expect(read(text)).toBeUndefined();
  });

  it("takes time that grows with its size, and no faster", () => {
    // Steps cannot be counted in a regular expression: none here has two ways to match the same text.
    const blanks = plain.replace("Basic x=", " \t".repeat(7000));
    expect(read(blanks)?.fields.get("proxy-authorization")).toBe("");
  });
});

describe("heads that are known", () => {
  const token = "a-token-of-enough-length";
  const client = { localPort: 3128 };
  const head = (secret: string, rest = ""): Buffer => Buffer.from(plain.replace("Basic x=", `Bearer ${secret}`) + rest);

  it("open tunnels with the bytes that came behind them this time", () => {
    const heads = new ConnectHeads(16_384, token);
    const rests = ["", "first", "second"].map((rest) => heads.read(client, head(token, rest)));
    expect(rests.map((each) => each?.rest.toString())).toEqual(["", "first", "second"]);
    for (const each of rests) expect(each?.head.target).toEqual({ host: "a.example", port: 443 });
  });

  it("let nobody in who shows another token, or a part of it", () => {
    const heads = new ConnectHeads(16_384, token);
    expect(heads.read(client, head(token))).toBeDefined();
    for (const other of [token.slice(0, -1), `${token}x`, token.toUpperCase(), ""])
      for (const _ of [1, 2]) expect(heads.read(client, head(other))).toBeUndefined();
  });
});
