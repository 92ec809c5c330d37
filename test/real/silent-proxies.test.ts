import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { clientsAndDoctor } from "./support/clients.js";
import { startDaemon, type Daemon } from "./support/daemon.js";
import { freePorts } from "./support/ports.js";
import { findProgram } from "./support/programs.js";
import { expect, expectFault, origin, proxyUrl, test, trustRoot } from "./support/scene.js";

/** tinyproxy waits ten minutes for the end of a line, and takes a ClientHello for the beginning of one. */
let tinyproxy: (Daemon & { readonly port: number }) | undefined;
let directory = "";
beforeAll(async () => {
  const command = findProgram("tinyproxy");
  if (command === undefined) return console.log("real tinyproxy: SKIPPED, since tinyproxy is not installed");
  directory = await mkdtemp(join(tmpdir(), "sallyport-tinyproxy-"));
  const port = (await freePorts(1))();
  const config = join(directory, "tinyproxy.conf");
  await writeFile(config, `Port ${port}\nListen 127.0.0.1\nTimeout 600\n`);
  const daemon = await startDaemon("tinyproxy", {
    command,
    args: ["-d", "-c", config],
    ports: [port],
    directory,
  });
  tinyproxy = { ...daemon, port };
});
afterAll(async () => {
  await tinyproxy?.stop();
  if (directory !== "") await rm(directory, { recursive: true, force: true });
});

describe("a proxy that is silent, since its URL has the wrong scheme", () => {
  for (const [scheme, code] of [
    ["https", "PROXY_NOT_TLS"],
    ["socks5h", "SOCKS_NOT_SOCKS"],
  ] as const) {
    test.for(clientsAndDoctor)(`${scheme}:// where tinyproxy listens ($name)`, async ({ ask }, { scene, skip }) => {
      const { port } = tinyproxy ?? skip("tinyproxy is missing");
      const url = origin(scene.site.nginx.tls);
      const outcome = await ask(url, {
        HTTPS_PROXY: proxyUrl(port, scene.site.login, scheme),
        ...trustRoot(scene),
      });
      expectFault(outcome, scene, code, "proxy");
      expect(outcome.fault?.remedy).toContain("http://");
    });
  }

  test.for(clientsAndDoctor)("socks5h:// where squid listens for TLS ($name)", async ({ ask }, { scene }) => {
    const { site } = scene;
    const outcome = await ask(origin(site.nginx.tls), {
      HTTPS_PROXY: proxyUrl(site.front.tls, undefined, "socks5h"),
      ...trustRoot(scene),
    });
    expectFault(outcome, scene, "SOCKS_NOT_SOCKS", "proxy");
    expect(outcome.fault?.remedy).toContain("https://");
  });

  for (const scheme of ["http", "https"] as const) {
    test.for(clientsAndDoctor)(`${scheme}:// where microsocks listens ($name)`, async ({ ask }, { scene }) => {
      const outcome = await ask(origin(scene.site.nginx.tls), {
        HTTPS_PROXY: proxyUrl(scene.socks(), undefined, scheme),
        ...trustRoot(scene),
      });
      expectFault(outcome, scene, scheme === "http" ? "PROXY_NOT_HTTP" : "PROXY_NOT_TLS", "proxy");
      expect(outcome.fault?.remedy).toContain("socks5h://");
    });
  }
});
