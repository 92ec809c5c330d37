import { execFile } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { startLab } from "../../src/lab/index.js";
import { openLoginProxy } from "../unnoticed/support/login-proxy.js";
import { prepare, type Setting } from "../unnoticed/support/settings.js";
import { openSite, siteNames } from "../unnoticed/support/site.js";

/** In all, over all clients; SOAK_REQUESTS is for who tries this test. */
const requests = Number(process.env["SOAK_REQUESTS"] ?? 100_000);
/** Bytes for each client: what collectors leave behind moves by this much from one run to the next. */
const slack = 1_500_000;

test("a hundred thousand requests leave no more memory in use under the preload than without it", async () => {
  await using lab = await startLab();
  await using proxy = await openLoginProxy();
  const good = await lab.authorities.intermediate.issue({
    commonName: "site.test",
    usage: "server",
    hosts: [...siteNames],
  });
  const chain = { ...good, cert: good.cert + lab.authorities.intermediate.chain };
  await using site = await openSite({ good: chain, own: chain });
  const own = http.createServer((_request, response) => void response.end("ok")).listen(0, "127.0.0.1");
  await once(own, "listening");
  const loopback = `http://127.0.0.1:${(own.address() as AddressInfo).port}/`;
  const program = join(import.meta.dirname, "support/many-requests.mjs");
  const hosts = join(import.meta.dirname, "../support/hosts.cjs");
  const measure = async (setting: Setting): Promise<Record<string, number>> => {
    await using started = await prepare(setting, { lab, proxy });
    const args = ["--expose-gc", "--require", hosts, program, String(requests)];
    const urls = [`${site.urls.secure}/soak/empty`, `${site.urls.plain}/soak/empty`, loopback];
    const { stdout } = await promisify(execFile)(process.execPath, [...args, ...urls], { env: started.variables });
    site.forget();
    return JSON.parse(stdout) as Record<string, number>;
  };
  const bare = await measure("bare");
  const preloaded = { "login proxy": await measure("login proxy"), NO_PROXY: await measure("NO_PROXY") };
  console.info(`memory after ${requests} requests, bytes more: ${JSON.stringify({ bare, ...preloaded })}`);
  own.close();
  own.closeAllConnections();
  const above = Object.entries(preloaded).flatMap(([setting, grown]) =>
    Object.entries(grown).flatMap(([client, bytes]) =>
      bytes > Math.max(bare[client] ?? 0, 0) + slack ? [`${setting}, ${client}: ${bytes}`] : [],
    ),
  );
  expect(above).toEqual([]);
}, 3_600_000);
