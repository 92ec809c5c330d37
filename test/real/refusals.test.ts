import { describe } from "vitest";
import { clientsAndDoctor, type Client, type Outcome } from "./support/clients.js";
import { expectFault, origin, proxyUrl, throughFront, trustRoot, test, expect, type Scene } from "./support/scene.js";
import { closedPort } from "../support/closed-port.js";

describe("what squid refuses", () => {
  test.for(clientsAndDoctor)("a host on its block list ($name)", async ({ ask }, { scene }) => {
    const url = origin(scene.site.nginx.tls, { name: "blocked.test" });
    const outcome = await ask(url, { ...throughFront(scene, "open"), ...trustRoot(scene) });
    expectFault(outcome, scene, "PROXY_FORBIDDEN", "proxy");
    expect(outcome.fault?.message).toContain("blocked.test");
    await scene.frontLog.waitFor("the refusal", (line) => line.status === "403");
  });

  test.for(clientsAndDoctor)("a host that squid cannot reach ($name)", async ({ ask }, { scene }) => {
    const closed = await closedPort();
    const outcome = await ask(origin(closed), { ...throughFront(scene, "basic"), ...trustRoot(scene) });
    expectFault(outcome, scene, "PROXY_BAD_GATEWAY", "proxy");
    expect((await scene.frontLog.waitFor("the refusal", (line) => line.method === "CONNECT")).status).toBe("503");
  });

  test.for(clientsAndDoctor)("nothing: it is not there ($name)", async ({ ask }, { scene }) => {
    const closed = await closedPort();
    const outcome = await ask(origin(scene.site.nginx.tls), { HTTPS_PROXY: proxyUrl(closed), ...trustRoot(scene) });
    expectFault(outcome, scene, "TCP_REFUSED", "proxy");
  });
});

describe("the wrong scheme in the proxy's URL", () => {
  /** Asks nginx through what is called a proxy. */
  const askThrough = (ask: Client, scene: Scene, proxy: string): Promise<Outcome> =>
    ask(origin(scene.site.nginx.tls), { HTTPS_PROXY: proxy, ...trustRoot(scene) });

  test.for(clientsAndDoctor)("http:// where squid listens for TLS ($name)", async ({ ask }, { scene }) => {
    const { site } = scene;
    const outcome = await askThrough(ask, scene, proxyUrl(site.front.tls, site.login));
    expectFault(outcome, scene, "PROXY_NEEDS_TLS", "proxy");
    expect(outcome.fault?.remedy).toContain("https://");
  });

  test.for(clientsAndDoctor)("https:// where squid listens for plain http ($name)", async ({ ask }, { scene }) => {
    const { site } = scene;
    const outcome = await askThrough(ask, scene, proxyUrl(site.front.basic, site.login, "https"));
    expectFault(outcome, scene, "PROXY_NOT_TLS", "proxy");
    expect(outcome.fault?.remedy).toContain("http://");
  });

  test.for(clientsAndDoctor)(
    "https:// to a proxy of an authority that is not trusted ($name)",
    async ({ ask }, { scene }) => {
      const { site } = scene;
      const outcome = await ask(origin(site.nginx.tls), {
        HTTPS_PROXY: proxyUrl(site.front.tls, site.login, "https"),
      });
      expectFault(outcome, scene, "TLS_UNTRUSTED_ISSUER", "proxy");
      expect(outcome.fault?.stage).toBe("proxy-tls");
      expect((await scene.frontLog.lines()).filter((line) => line.login !== undefined)).toEqual([]);
    },
  );

  test.for(clientsAndDoctor)("socks5h:// where nginx listens for http ($name)", async ({ ask }, { scene }) => {
    const { nginx } = scene.site;
    // squid would be the likelier mistake, but it waits for the rest of what it takes for a request line.
    const url = proxyUrl(nginx.plain, undefined, "socks5h");
    expectFault(await askThrough(ask, scene, url), scene, "SOCKS_NOT_SOCKS", "proxy");
  });

  test.for(clientsAndDoctor)("https:// where nginx, and no proxy, listens ($name)", async ({ ask }, { scene }) => {
    const { site } = scene;
    const outcome = await askThrough(ask, scene, proxyUrl(site.nginx.tls, site.login, "https"));
    // nginx knows no CONNECT, and answers 400 or 405.
    expectFault(outcome, scene, "PROXY_REFUSED", "proxy");
  });
});
