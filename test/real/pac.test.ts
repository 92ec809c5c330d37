import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, vi } from "vitest";
import { closedPort } from "../support/closed-port.js";
import { startBasicSquid } from "./support/basic-squid.js";
import { byEveryWay, startEveryWay } from "./support/every-way.js";
import { openNetwork } from "./support/network.js";
import { expect, origin, proxyUrl, test, trustRoot, type Scene } from "./support/scene.js";
import type { SchemeSquid } from "./support/scheme-squid.js";

const login = { username: "alice", password: "pa55 w0rd" };
let office: SchemeSquid | undefined;
let dead = 0;

/** A company's web server, whose answers are written down: the file, or that the one which the client has is still right. */
const web = createServer((request, response) => {
  const etag = `"${createHash("sha256").update(script).digest("hex")}"`;
  const status = request.headers["if-none-match"] === etag ? 304 : 200;
  answers.push(status);
  response.writeHead(status, { "content-type": "application/x-ns-proxy-autoconfig", etag });
  response.end(status === 200 ? script : undefined);
});
let script = "";
const answers: number[] = [];
const pac = (): string => `http://127.0.0.1:${(web.address() as AddressInfo).port}/proxy.pac`;

beforeAll(async () => {
  dead = await closedPort();
  office = await startBasicSquid(login);
  web.listen(0, "127.0.0.1");
  await once(web, "listening");
});
afterAll(async () => {
  web.closeAllConnections();
  web.close();
  await office?.[Symbol.asyncDispose]();
});

/** Whom squid was asked for, and by whom, each once. It writes a tunnel down when that ends. */
async function asked({ log }: Pick<SchemeSquid, "log">): Promise<ReadonlySet<string>> {
  return new Set(
    (await log.lines()).map(({ method, target, status, user }) => [method, target, status, user].join(" ")),
  );
}

describe("a PAC file from a web server", () => {
  test("is asked for again by its ETag, and a new one counts", async ({ scene, skip }) => {
    const first = office ?? skip("squid is missing");
    const url = origin(scene.site.nginx.tls);
    const variables = { SALLYPORT_PAC_URL: pac(), HTTPS_PROXY: proxyUrl(first.port, login), ...trustRoot(scene) };
    script = `function FindProxyForURL(url, host) { return "PROXY localhost:${first.port}"; }`;
    await using network = await openNetwork(variables);
    // What a server does not date is looked after every five minutes.
    let later = 0;
    const clock = performance.now.bind(performance);
    vi.spyOn(performance, "now").mockImplementation(() => clock() + later);
    const options = { agent: network.agents.https, headers: { connection: "close" } };
    const ask = (): Promise<unknown> =>
      new Promise((resolve, reject) => {
        https.get(url, options, (answer) => resolve(answer.resume().statusCode)).on("error", reject);
      });
    expect([await ask(), answers]).toEqual([200, [200]]);
    later += 301_000;
    expect(await ask()).toBe(200);
    await vi.waitFor(() => expect(answers).toEqual([200, 304]));
    script = `function FindProxyForURL(url, host) { return "PROXY localhost:${scene.site.front.open}"; }`;
    later += 301_000;
    await vi.waitFor(async () => {
      expect(await ask()).toBe(200);
      expect((await scene.frontLog.lines()).map(({ target }) => target)).toContain(new URL(url).host);
    }, 5000);
    expect(answers).toEqual([200, 304, 200]);
    vi.restoreAllMocks();
  });

  test("leads every way of a program past a dead proxy to a squid, when that stops to the next, and directly where it says so", async ({
    scene,
    skip,
  }) => {
    const { site, frontLog } = scene;
    const first = office ?? skip("squid is missing");
    await first.log.mark();
    answers.length = 0;
    const proxies = `PROXY localhost:${dead}; PROXY localhost:${first.port}`;
    script = `function FindProxyForURL(url, host) {
      return host === "127.0.0.1" ? "${proxies}; DIRECT" : "${proxies}; PROXY localhost:${site.front.open}";
    }`;
    await using program = startEveryWay({
      SALLYPORT_PAC_URL: pac(),
      HTTPS_PROXY: proxyUrl(first.port, login),
      NO_PROXY: "<-loopback>",
      ...trustRoot(scene),
    });
    const named = origin(site.nginx.tls);
    const address = `https://127.0.0.1:${site.nginx.tls}/`;
    for (const url of [named, address]) expect(await program.ask(url)).toEqual(byEveryWay(200));
    expect(await frontLog.lines()).toEqual([]);
    const connections = await connectionsOf(scene);

    await first.stop();
    expect(await asked(first)).toEqual(
      new Set([named, address].map((url) => `CONNECT ${new URL(url).host} 200 ${login.username}`)),
    );
    // All that nginx was sent came out of a tunnel.
    expect((await first.log.lines()).length).toBeGreaterThanOrEqual(connections);
    for (const url of [named, address]) expect(await program.ask(url)).toEqual(byEveryWay(200));
    await program[Symbol.asyncDispose]();
    // The address was reached past both of them.
    await vi.waitFor(async () =>
      expect(await asked({ log: frontLog })).toEqual(new Set([`CONNECT ${new URL(named).host} 200 `])),
    );
    expect(await connectionsOf(scene)).toBeGreaterThan(connections);
    expect(answers).toEqual([200, 200]);
  });
});

/** On how many connections nginx was asked for something. */
async function connectionsOf({ nginxLog }: Scene): Promise<number> {
  return new Set((await nginxLog.lines()).map(({ connection }) => connection)).size;
}
