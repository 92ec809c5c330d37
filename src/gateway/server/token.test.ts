import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gateway } from "../types.js";
import { judgeAuthorization, makeToken } from "./token.js";
import { basicFor, upstream, gatewayAt, RawClient, type Upstream } from "../testing/clients.js";

const basic = (login: string): string => `Basic ${Buffer.from(login).toString("base64")}`;

describe("a Proxy-Authorization field", () => {
  const token = "correct-horse-battery";
  it.each([
    ["any user and the token", basic(`anyone:${token}`), "accepted"],
    ["no user and the token", basic(`:${token}`), "accepted"],
    ["Bearer and the token", `Bearer ${token}`, "accepted"],
    ["a scheme in other letters", basic(`x:${token}`).replace("Basic", "bAsIc"), "accepted"],
    ["the token as the user", basic(`${token}:`), "wrong"],
    ["a part of the token", basic(`x:${token.slice(0, -1)}`), "wrong"],
    ["the token and more", basic(`x:${token}x`), "wrong"],
    ["an empty password", basic("x:"), "wrong"],
    ["another scheme", `Digest ${token}`, "wrong"],
    ["no scheme", token, "wrong"],
    ["nothing", undefined, "missing"],
    ["spaces", "  ", "missing"],
  ])("with %s is %s", (_what, field, expected) => {
    expect(judgeAuthorization(field, token)).toBe(expected);
  });

  it("is not asked for where no token is wanted", () => {
    expect(judgeAuthorization(undefined, undefined)).toBe("accepted");
  });

  it("a made token fits into a URL as it is, and never comes twice", () => {
    const made = makeToken();
    expect(encodeURIComponent(made)).toBe(made);
    expect(made.length).toBeGreaterThanOrEqual(32);
    expect(makeToken()).not.toBe(made);
  });
});

describe("a client", () => {
  let far: Upstream;
  let gateway: Gateway;
  beforeAll(async () => {
    far = await upstream((socket) => void socket.pipe(socket));
    gateway = await gatewayAt(undefined);
  });
  afterAll(async () => {
    await gateway.destroy();
    await far[Symbol.asyncDispose]();
  });
  const connect = (authorization: string, fields = ""): string =>
    `CONNECT ${far.target} HTTP/1.1\r\nHost: ${far.target}\r\n${authorization}${fields}\r\n`;

  it("without the token is asked for it, and the same connection is good for another try", async () => {
    await using client = await RawClient.to(gateway);
    for (let round = 0; round < 3; round++) {
      const refused = await client.send(connect(round === 0 ? "" : basicFor("wrong"))).answer();
      expect(refused).toMatch(/^HTTP\/1\.1 407 /);
      expect(refused).toMatch(/^proxy-authenticate: Basic realm="sallyport"/im);
      expect(refused).not.toMatch(/^connection: close/im);
      expect(refused).toContain(`sallyport-fault: ${round === 0 ? "PROXY_AUTH_REQUIRED" : "PROXY_AUTH_REJECTED"}\r\n`);
    }
    expect(far.sockets).toHaveLength(0);
    expect(await client.send(connect(basicFor(gateway.token))).answer()).toMatch(/^HTTP\/1\.1 200 /);
    expect(await client.send("through").bytes(7)).toBe("through");
  });

  it("who goes on with a request on that connection after a 407 to CONNECT is served all the same", async () => {
    await using client = await RawClient.to(gateway);
    await client.send(connect("")).answer();
    const answer = await client.send("GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").answer();
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
  });

  it("gets JSON if it asks for that, else two lines of text", async () => {
    await using client = await RawClient.to(gateway);
    const text = await client.send(connect("")).answer();
    expect(text).toMatch(
      /\r\n\r\nerror: the sallyport gateway requires its token, and none was sent \[PROXY_AUTH_REQUIRED\]\nhint: .+\n$/,
    );
    const json = await client.send(connect("", "Accept: application/json, text/plain;q=0.5\r\n")).answer();
    expect(JSON.parse(json.slice(json.indexOf("\r\n\r\n")))).toMatchObject({
      ok: false,
      fault: { code: "PROXY_AUTH_REQUIRED", stage: "proxy-auth" },
    });
  });

  it("without the token is refused for a request in absolute form as well, and the upstream sees neither", async () => {
    const before = far.sockets.length;
    await using client = await RawClient.to(gateway);
    const target = `http://${far.target}/`;
    const answer = await client.send(`GET ${target} HTTP/1.1\r\nHost: ${far.target}\r\n\r\n`).answer();
    expect(answer).toMatch(/^HTTP\/1\.1 407 /);
    expect(far.sockets).toHaveLength(before);
  });

  it("without the token learns nothing of what the gateway would dial: a target of its own is a 407 too", async () => {
    await using client = await RawClient.to(gateway);
    const own = new URL(gateway.url).host;
    expect(await client.send(`CONNECT ${own} HTTP/1.1\r\nHost: ${own}\r\n\r\n`).answer()).toMatch(/^HTTP\/1\.1 407 /);
  });

  it("needs no token where none is wanted", async () => {
    await using open = await gatewayAt(undefined, { token: false });
    expect(open.token).toBeUndefined();
    expect(open.proxyUrl).toBe(open.url);
    await using client = await RawClient.to(open);
    expect(await client.send(connect("")).answer()).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("a token that is given is the one that counts, and a guessable one is not taken", async () => {
    await using own = await gatewayAt(undefined, { token: "a token of my own".replaceAll(" ", "-") });
    expect(own.proxyUrl).toBe(`http://sallyport:a-token-of-my-own@127.0.0.1:${new URL(own.url).port}`);
    await expect(gatewayAt(undefined, { token: "short" })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await expect(gatewayAt(undefined, { token: "with spaces in between" })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
  });
});
