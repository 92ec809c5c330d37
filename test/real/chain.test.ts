import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, vi } from "vitest";
import { startBasicSquid } from "./support/basic-squid.js";
import { byAgent, byFetch } from "./support/clients.js";
import { byEveryWay, startEveryWay } from "./support/every-way.js";
import type { SchemeSquid } from "./support/scheme-squid.js";
import type { SquidLine } from "./support/squid.js";
import { basicHeader, expect, origin, proxyUrl, test, trustRoot } from "./support/scene.js";

const partners = { username: "bob", password: "pa55 w0rd" };
let directory = "";
let partner: SchemeSquid | undefined;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "sallyport-chain-"));
  partner = await startBasicSquid(partners);
});
afterAll(async () => {
  await partner?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

/** What sends one host through two proxies. */
async function configured(hosts: string, proxy: readonly string[]): Promise<{ readonly SALLYPORT_CONFIG: string }> {
  const file = join(directory, `${hosts}.json`);
  await writeFile(file, JSON.stringify({ routes: [{ hosts, proxy }] }), { mode: 0o600 });
  return { SALLYPORT_CONFIG: file };
}

const seen = ({ method, target, status, login }: SquidLine): string => [method, target, status, login].join(" ");

/** squid knows no localhost. */
const behind = (url: string): string => url.replace("localhost", "127.0.0.1");

test("each of two squids in a chain is asked for what comes next, with its own login", async ({ scene, skip }) => {
  const { site, frontLog } = scene;
  const last = partner ?? skip("squid is missing");
  await last.log.mark();
  const chain = [proxyUrl(site.front.basic, site.login), behind(proxyUrl(last.port, partners))];
  const variables = { ...(await configured("origin.test", chain)), ...trustRoot(scene) };
  const url = origin(site.nginx.tls);
  for (const ask of [byFetch, byAgent]) expect(await ask(url, variables)).toMatchObject({ status: 200 });
  await using program = startEveryWay(variables);
  expect(await program.ask(url)).toEqual(byEveryWay(200));
  await program[Symbol.asyncDispose]();

  const toLast = `CONNECT 127.0.0.1:${last.port} 200 ${basicHeader(site.login)}`;
  const toOrigin = `CONNECT origin.test:${site.nginx.tls} 200 ${basicHeader(partners)}`;
  await vi.waitFor(async () => {
    const [outer, inner] = [await frontLog.lines(), await last.log.lines()];
    expect(new Set(outer.map(seen))).toEqual(new Set([toLast]));
    expect(new Set(inner.map(seen))).toEqual(new Set([toOrigin]));
    expect(inner).toHaveLength(outer.length);
  });
});

test("a squid and a microsocks in a chain", async ({ scene }) => {
  const { site, frontLog } = scene;
  const socks = scene.socks();
  const chain = [proxyUrl(site.front.basic, site.login), behind(proxyUrl(socks, site.login, "socks5h"))];
  // microsocks goes by the machine's resolver, which knows none of the site's names.
  const variables = { ...(await configured("127.0.0.1", chain)), ...trustRoot(scene), NO_PROXY: "<-loopback>" };
  const log = join(site.directory, "run", "microsocks.out");
  const before = (await readFile(log, "utf8")).length;
  await using program = startEveryWay(variables);
  expect(await program.ask(`https://127.0.0.1:${site.nginx.tls}/`)).toEqual(byEveryWay(200));
  await program[Symbol.asyncDispose]();
  await frontLog.waitFor("the way to microsocks", ({ target }) => target === `127.0.0.1:${socks}`);
  expect(new Set((await frontLog.lines()).map(({ target }) => target))).toEqual(new Set([`127.0.0.1:${socks}`]));
  const said = (await readFile(log, "utf8")).slice(before).trim().split("\n");
  expect(said).toEqual(said.map(() => expect.stringContaining(`connected to 127.0.0.1:${site.nginx.tls}`)));
  const connections = new Set((await scene.nginxLog.lines()).map(({ connection }) => connection));
  expect(said).toHaveLength(connections.size);
});
