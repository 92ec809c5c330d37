import { spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import { fileURLToPath } from "node:url";
import * as undici from "undici";
import { expect, test } from "vitest";
import type { Network } from "../../../src/clients/index.js";

import { connectThrough, gatewayAt, textOf, type TestGateway } from "../gateway/support.js";
import { preload } from "../preload/support/program.js";
import { changingLogin } from "../support/changing-login.js";
import { nodeRequest } from "../support/clients.js";
import { networkAt } from "../support/office.js";
import { standardLab } from "../../support/standard-lab.js";

const lab = await standardLab();

const many = 20;
const times = <T>(count: number, ask: (at: number) => Promise<T>): Promise<PromiseSettledResult<T>[]> =>
  Promise.allSettled(Array.from({ length: count }, (_, at) => ask(at)));
const failures = (results: readonly PromiseSettledResult<unknown>[]): unknown[] =>
  results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));

type Ask = (network: Network, url: string) => Promise<unknown>;

const clients: Readonly<Record<string, Ask>> = {
  fetch: async ({ fetch }, url) => (await fetch(url)).text(),
  "fetch with a body": async ({ fetch }, url) => (await fetch(url, { method: "POST", body: "one body" })).text(),
  "a dispatcher": async ({ dispatcher }, url) => (await undici.request(url, { dispatcher })).body.text(),
  "a dispatcher with a body": async ({ dispatcher }, url) =>
    (await undici.request(url, { dispatcher, method: "POST", body: "one body" })).body.text(),
  "an agent": nodeRequest,
  "an agent with a body": (network, url) => nodeRequest(network, url, { method: "POST", body: "one body" }),
  "an agent with a body in chunks": (network, url) =>
    new Promise((resolve, reject) => {
      const request = http.request(url, { agent: network.agents.http, method: "PUT" }, (response) => {
        textOf(response).then(resolve, reject);
      });
      request.on("error", reject);
      request.write("one ");
      setImmediate(() => request.end(Buffer.from("body")));
    }),
};

const urls = { "in absolute form": () => lab.plain.url, "by CONNECT": () => lab.api.url };
const cases = Object.keys(clients).flatMap((client) => {
  const protocols =
    client === "fetch" || client === "an agent" ? (["http", "https", "socks"] as const) : ["http" as const];
  const forms = client === "an agent with a body in chunks" ? ["in absolute form"] : Object.keys(urls);
  return protocols.flatMap((protocol) => forms.map((form) => ({ client, protocol, form })));
});

test.each(cases)(
  "a password that changes costs $client no request, and one run of its command ($protocol proxy, $form)",
  async ({ client, protocol, form }) => {
    await using login = await changingLogin(lab, protocol);
    await using network = await networkAt(lab, undefined, {
      proxy: login.byCommand,
      dispatcher: { allowH2: false },
    });
    const url = urls[form as keyof typeof urls]();
    const ask = (): Promise<unknown> => (clients[client] as Ask)(network, url);
    expect(failures(await times(5, ask))).toEqual([]);
    expect([await login.runs(), login.wrong()]).toEqual([1, []]);

    await login.change("new");
    expect(failures(await times(many, ask))).toEqual([]);
    const wrong = login.wrong().length;
    expect(await login.runs()).toBe(2);
    expect(wrong).toBeLessThanOrEqual(many);

    expect(failures(await times(many, ask))).toEqual([]);
    expect([await login.runs(), login.wrong().length]).toEqual([2, wrong]);
  },
);

test.each(cases)(
  "a wrong password is one wrong login, however many $client asks at once ($protocol proxy, $form)",
  async ({ client, protocol, form }) => {
    await using login = await changingLogin(lab, protocol);
    login.atProxy("another");
    await using network = await networkAt(lab, undefined, {
      proxy: login.byCommand,
      dispatcher: { allowH2: false },
    });
    const ask = (): Promise<unknown> => (clients[client] as Ask)(network, urls[form as keyof typeof urls]());
    for (let round = 0; round < 2; round++) {
      const failed = failures(await times(many, ask));
      expect(failed).toHaveLength(many);
      for (const error of failed) expect(JSON.stringify(told(error))).toContain("PROXY_AUTH_REJECTED");
    }
    expect(login.wrong()).toHaveLength(1);
    expect(await login.runs()).toBe(2);
  },
);

function told(error: unknown): unknown {
  return error instanceof Error ? [error, told(error.cause)] : undefined;
}

/** Through the gateway, in each form of request. */
const throughGateway: Readonly<Record<string, (gateway: TestGateway, host: string) => Promise<unknown>>> = {
  CONNECT: async (gateway, host) => (await connectThrough(gateway, host)).destroy(),
  "a GET in absolute form": (gateway, host) => absolute(gateway, host, "GET"),
  "a POST in absolute form": (gateway, host) => absolute(gateway, host, "POST", "one body"),
};

async function absolute(gateway: TestGateway, host: string, method: string, body?: string): Promise<void> {
  const { port, username, password } = new URL(gateway.proxyUrl);
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const headers = { host, "proxy-authorization": authorization };
  const request = http.request({ host: "127.0.0.1", port, method, path: `http://${host}/echo`, headers, agent: false });
  request.end(body);
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  const said = await textOf(response);
  if (response.statusCode !== 200) throw new Error(said);
  if (body !== undefined) expect(JSON.parse(said)).toMatchObject({ method, body: { length: body.length } });
}

test.each(Object.keys(throughGateway))(
  "a password that changes costs a gateway's clients nothing by %s",
  async (form) => {
    await using login = await changingLogin(lab);
    await using gateway = await gatewayAt(lab, undefined, { proxy: login.byCommand });
    const ask = (): Promise<unknown> =>
      (throughGateway[form] as (typeof throughGateway)[string])(gateway, new URL(lab.plain.url).host);
    expect(failures(await times(5, ask))).toEqual([]);
    await login.change("new");
    expect(failures(await times(many, ask))).toEqual([]);
    const wrong = login.wrong().length;
    expect([wrong <= many, await login.runs()]).toEqual([true, 2]);
    expect(failures(await times(many, ask))).toEqual([]);
    expect([login.wrong().length, await login.runs()]).toEqual([wrong, 2]);
  },
);

test.each(Object.keys(throughGateway))(
  "a wrong password is one wrong login by %s, and stays that when the gateway reads its settings again",
  async (form) => {
    await using login = await changingLogin(lab);
    login.atProxy("another");
    await using gateway = await gatewayAt(lab, undefined, { proxy: login.byCommand });
    const ask = (): Promise<unknown> =>
      (throughGateway[form] as (typeof throughGateway)[string])(gateway, new URL(lab.plain.url).host);
    expect(failures(await times(many, ask))).toHaveLength(many);
    await gateway.reload();
    expect(failures(await times(many, ask))).toHaveLength(many);
    expect(login.wrong()).toHaveLength(1);

    await login.change("new");
    login.atProxy("new");
    await gateway.reload();
    expect(failures(await times(many, ask))).toEqual([]);
    expect(login.wrong()).toEqual([]);
  },
);

test.each(Object.entries(urls))("a password that changes costs a preloaded program no request %s", async (_, url) => {
  await using login = await changingLogin(lab);
  const script = fileURLToPath(new URL("./fixture.mjs", import.meta.url));
  const child = spawn(process.execPath, ["--require", preload, script, `${url()}/echo`], {
    env: {
      PATH: process.env["PATH"],
      HOME: "/nonexistent",
      SALLYPORT_CERT_STORE: "bundled",
      SALLYPORT_CONFIG: login.config,
      NODE_EXTRA_CA_CERTS: lab.files.bundle,
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = child.stdout.setEncoding("utf8");
  const [ready] = (await once(lines, "data")) as [string];
  expect(ready).toBe("ready\n");
  await login.change("new");
  child.stdin.write("go\n");
  const outcomes = await textOf(lines.map((chunk: string) => Buffer.from(chunk)) as AsyncIterable<Buffer>);
  expect(JSON.parse(outcomes)).toEqual(Array.from({ length: many }, () => 200));
  expect(await login.runs()).toBe(2);
  expect(login.wrong().length).toBeLessThanOrEqual(many);
});
