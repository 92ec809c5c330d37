import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import * as undici from "undici";
import WebSocket from "ws";
import { findConnectError } from "../../../src/base/errors.js";
import { createNetwork } from "../../../src/clients/index.js";
import { startGateway, type Gateway, type GatewayOptions } from "../../../src/gateway/index.js";
import { labVariables, type LabEcho, type LabProxy } from "../../../src/lab/index.js";
import { standardLab } from "../../support/standard-lab.js";
import { officeProxies } from "../support/office.js";

const exec = promisify(execFile);

const lab = await standardLab();

function gatewayBehind(proxy: LabProxy | undefined, options: GatewayOptions = {}): Promise<Gateway> {
  const variables = { HOME: "/nonexistent", ...labVariables(lab, proxy, { clientCertificate: false }) };
  return startGateway({ source: { variables }, stores: ["bundled"], lookup: lab.lookup, watch: false, ...options });
}

/** Unmodified clients that are given nothing but the gateway's URL and the office's authorities. */
const clients: Readonly<Record<string, (gateway: Gateway, url: string) => Promise<LabEcho>>> = {
  "curl by CONNECT": async ({ proxyUrl }, url) => curl(proxyUrl, url),
  "curl by SOCKS 5": async ({ socksUrl }, url) => curl(socksUrl, url),
  "undici's ProxyAgent": async ({ proxyUrl }, url) => {
    const ca = readFileSync(lab.files.bundle, "utf8");
    const dispatcher = new undici.ProxyAgent({ uri: proxyUrl, requestTls: { ca } });
    try {
      const { body } = await undici.request(url, { dispatcher });
      return (await body.json()) as LabEcho;
    } finally {
      await dispatcher.close();
    }
  },
};

async function curl(proxy: string, url: string, ...more: string[]): Promise<LabEcho> {
  const { stdout } = await exec("curl", ["-sS", "-m", "10", "-x", proxy, "--cacert", lab.files.bundle, ...more, url], {
    env: {},
  });
  return JSON.parse(stdout) as LabEcho;
}

describe.each(Object.entries(officeProxies(lab)))("a gateway behind %s", (_name, upstream) => {
  test.each(Object.entries(clients))("serves %s", async (_client, get) => {
    await using gateway = await gatewayBehind(upstream);
    const echo = await get(gateway, `${lab.api.url}/echo`);
    expect(echo).toMatchObject({ origin: "api.lab.test", method: "GET" });
    expect(Object.keys(echo.headers)).not.toContain("proxy-authorization");
    const [connect] = lab.log.of(upstream.name, "connect");
    expect(connect?.target).toBe(new URL(lab.api.url).host);
    expect(JSON.stringify(lab.log.events)).not.toContain(gateway.token);
    expect(lab.log.of("client", "resolve").map(({ name }) => name)).not.toContain("api.lab.test");
  });
});

test("a gateway without a proxy serves what it can resolve, and names what it cannot", async () => {
  await using gateway = await gatewayBehind(undefined);
  expect(await curl(gateway.proxyUrl, `${lab.inside.url}/echo`)).toMatchObject({ origin: "intranet.inside.test" });
  const failed = await exec("curl", ["-sSv", "-x", gateway.proxyUrl, "https://nowhere.example/"], { env: {} }).catch(
    (error: unknown) => error,
  );
  expect(String((failed as { stderr?: unknown }).stderr)).toMatch(
    /< HTTP\/1\.1 502 Bad Gateway \[DNS_NOT_FOUND\] the name of nowhere\.example:443 cannot be resolved/,
  );
});

test("curl that is told to wait for a challenge logs in on the connection on which it was asked", async () => {
  await using gateway = await gatewayBehind(lab.basic);
  const login = `anyone:${gateway.token}`;
  const verbose = await exec(
    "curl",
    [
      "-sSv",
      "-x",
      gateway.url,
      "--proxy-anyauth",
      "--proxy-user",
      login,
      "--cacert",
      lab.files.bundle,
      `${lab.api.url}/echo`,
    ],
    { env: {} },
  );
  expect(verbose.stderr.match(/^> CONNECT /gm)).toHaveLength(2);
  expect(verbose.stderr.match(/^\* Connected to /gm)).toHaveLength(1);
});

test("each host goes its own way: by rule, by NO_PROXY, and by the proxy", async () => {
  await using gateway = await gatewayBehind(lab.basic, {
    noProxy: ".inside.test",
    routes: [{ hosts: "mtls.lab.test", proxy: lab.overTls.urlWithLogin }],
    cert: lab.files.client.cert,
    key: lab.files.client.key,
    intercept: false,
  });
  await curl(gateway.proxyUrl, `${lab.api.url}/echo`);
  await curl(gateway.proxyUrl, `${lab.inside.url}/echo`);
  await curl(gateway.proxyUrl, `${lab.mtls.url}/echo`, "--cert", lab.files.client.cert, "--key", lab.files.client.key);
  const targets = (by: string): string[] => lab.log.of(by, "connect").map(({ target }) => target);
  expect(targets("basic")).toEqual([new URL(lab.api.url).host]);
  expect(targets("over-tls")).toEqual([new URL(lab.mtls.url).host]);
  expect(lab.log.of("intranet.inside.test", "request")).toHaveLength(1);
  expect(lab.log.of("mtls.lab.test", "request")).toMatchObject([{ peer: "alice" }]);
});

test("a CONNECT follows the settings for https, and one to port 80 those for http", async () => {
  await using gateway = await gatewayBehind(undefined, {
    httpsProxy: lab.basic.urlWithLogin,
    httpProxy: lab.overTls.urlWithLogin,
  });
  await curl(gateway.proxyUrl, `${lab.api.url}/echo`);
  expect(await curl(gateway.proxyUrl, "http://plain.lab.test/echo", "--proxytunnel")).toMatchObject({
    origin: "plain.lab.test",
  });
  const targets = (by: string): string[] => lab.log.of(by, "connect").map(({ target }) => target);
  expect(targets("basic")).toEqual([new URL(lab.api.url).host]);
  expect(targets("over-tls")).toEqual(["plain.lab.test:80"]);
});

test("a WebSocket goes through the tunnel", async () => {
  await using gateway = await gatewayBehind(lab.basic);
  await using network = await createNetwork({
    source: {
      variables: { HOME: "/nonexistent", HTTPS_PROXY: gateway.proxyUrl, NODE_EXTRA_CA_CERTS: lab.files.bundle },
    },
    stores: ["bundled"],
  });
  const socket = new WebSocket(`${lab.api.url.replace("https:", "wss:")}/ws`, { agent: network.agents.https });
  const answered = new Promise((resolve, reject) => {
    socket.once("message", (data: Buffer) => resolve(data.toString()));
    socket.once("error", reject);
  });
  socket.once("open", () => socket.send("over the wall"));
  expect(await answered).toContain("over the wall");
  socket.terminate();
});

describe("a program that dials by the same library, behind the gateway", () => {
  const behind = (gateway: Gateway) =>
    createNetwork({
      source: {
        variables: { HOME: "/nonexistent", HTTPS_PROXY: gateway.proxyUrl, NODE_EXTRA_CA_CERTS: lab.files.bundle },
      },
      stores: ["bundled"],
    });

  test("is told the fault that the gateway found, by its own code and hop", async () => {
    await using gateway = await gatewayBehind(undefined);
    await using network = await behind(gateway);
    const error = findConnectError(await network.fetch("https://nowhere.example/").catch((reason: unknown) => reason));
    expect(error?.toJSON()).toMatchObject({ code: "DNS_NOT_FOUND", stage: "dns", hop: "target" });
    expect(error?.message).toBe("the name of nowhere.example:443 cannot be resolved on this machine");
  });

  test("hears of a login that the outer proxy refuses", async () => {
    await using gateway = await gatewayBehind(undefined, { proxy: lab.basic.url });
    await using network = await behind(gateway);
    const error = findConnectError(await network.fetch(lab.api.url).catch((reason: unknown) => reason));
    expect(error).toMatchObject({ code: "PROXY_AUTH_REQUIRED", hop: "proxy" });
    expect(error?.message).toContain(new URL(lab.basic.url).host);
  });

  test("hears of a token that the gateway refuses", async () => {
    await using gateway = await gatewayBehind(undefined);
    await using network = await createNetwork({
      source: {
        variables: {
          HOME: "/nonexistent",
          HTTPS_PROXY: gateway.proxyUrl.replace(gateway.token ?? "", "0123456789abcdef"),
        },
      },
      stores: ["bundled"],
    });
    const error = findConnectError(await network.fetch(lab.api.url).catch((reason: unknown) => reason));
    expect(error).toMatchObject({
      code: "PROXY_AUTH_REJECTED",
      message: "this is not the token of the sallyport gateway",
    });
  });
});

test("an upstream proxy that dies mid-stream ends the tunnel in a reset", async () => {
  await using gateway = await gatewayBehind(lab.basic);
  lab.api.fault = "stalled-stream";
  try {
    const transfer = exec(
      "curl",
      ["-sSN", "-m", "10", "-x", gateway.proxyUrl, "--cacert", lab.files.bundle, `${lab.api.url}/`],
      { env: {} },
    );
    const failed = transfer.catch((error: unknown) => error);
    await lab.log.waitFor(({ by, kind }) => by === "api.lab.test" && kind === "request");
    lab.basic.dropConnections();
    // Not 28: it was not curl's own time limit.
    expect(await failed).toMatchObject({ code: expect.toSatisfy((code) => code !== 0 && code !== 28) as number });
  } finally {
    lab.api.fault = undefined;
  }
});
