import { describe } from "vitest";
import { byDoctor, clients, clientsAndDoctor } from "./support/clients.js";
import { exemptName } from "./support/site.js";
import {
  aliceThroughFront,
  asAlice,
  basicHeader,
  expectBody,
  expectFault,
  expectNoSecret,
  origin,
  proxyUrl,
  test,
  throughFront,
  trustRoot,
  expect,
} from "./support/scene.js";

describe("no settings", () => {
  test.for(clientsAndDoctor)(
    "a name that only the proxies know cannot be resolved ($name)",
    async ({ ask }, { scene }) => {
      const outcome = await ask(origin(scene.site.nginx.mtls), {});
      // Where there is no resolver at all, the system says EAI_AGAIN and not ENOTFOUND.
      expect(["DNS_NOT_FOUND", "DNS_FAILED"]).toContain(outcome.fault?.code);
      expect(outcome.fault?.hop).toBe("target");
      expect(await scene.frontLog.lines()).toEqual([]);
      expect(await scene.nginxLog.lines()).toEqual([]);
    },
  );

  test.for(clientsAndDoctor)("the company's own authority is not trusted ($name)", async ({ ask }, { scene }) => {
    const outcome = await ask(`https://localhost:${scene.site.nginx.tls}/`, {});
    expectFault(outcome, scene, "TLS_UNTRUSTED_ISSUER", "target");
    expect(outcome.fault?.message).toContain("Example Corp");
    expect(await scene.nginxLog.lines()).toEqual([]);
  });
});

describe("a proxy with a login", () => {
  test.for(clients)(
    "squid lets alice through, and nginx sees no trace of her login ($name)",
    async ({ ask }, { scene }) => {
      const { site } = scene;
      const outcome = await ask(origin(site.nginx.tls, { path: "/login" }), {
        ...throughFront(scene, "basic"),
        ...trustRoot(scene),
      });
      expectBody(outcome, "verify=NONE");
      const tunnel = await scene.frontLog.waitFor("the tunnel", (line) => line.method === "CONNECT");
      expect(tunnel).toMatchObject({
        target: `origin.test:${site.nginx.tls}`,
        user: site.login.username,
        status: "200",
        login: basicHeader(site.login),
      });
      const request = await scene.nginxLog.waitFor("the request", (line) => line.request.includes("/login"));
      expect(request.proxyAuthorization).toBe("-");
    },
  );

  test.for(clientsAndDoctor)("a wrong password is named as such ($name)", async ({ ask, name }, { scene }) => {
    // Another one for each: a process that has seen it refused does not send it again.
    const wrong = { username: scene.site.login.username, password: `guessed wrong by ${name}` };
    const outcome = await ask(origin(scene.site.nginx.tls), {
      HTTPS_PROXY: proxyUrl(scene.site.front.basic, wrong),
      ...trustRoot(scene),
    });
    expectFault(outcome, scene, "PROXY_AUTH_REJECTED", "proxy");
    expect(outcome.said).not.toContain(wrong.password);
    const tunnel = await scene.frontLog.waitFor("the refusal", (line) => line.method === "CONNECT");
    expect(tunnel).toMatchObject({ status: "407", login: basicHeader(wrong) });
    expect(await scene.nginxLog.lines()).toEqual([]);
  });

  test.for(clientsAndDoctor)("a missing login is named as such ($name)", async ({ ask }, { scene }) => {
    const settings = { HTTPS_PROXY: proxyUrl(scene.site.front.basic), ...trustRoot(scene) };
    expectFault(await ask(origin(scene.site.nginx.tls), settings), scene, "PROXY_AUTH_REQUIRED", "proxy");
    const tunnel = await scene.frontLog.waitFor("the refusal", (line) => line.method === "CONNECT");
    expect(tunnel.login).toBeUndefined();
  });
});

describe("an inspector", () => {
  test.for(clients)(
    "squid opens the TLS, and its authority is trusted beside the company's ($name)",
    async ({ ask }, { scene }) => {
      const { site } = scene;
      const settings = { HTTPS_PROXY: proxyUrl(site.inspector), SSL_CERT_FILE: site.certs.inspector };
      const outcome = await ask(origin(site.nginx.tls, { path: "/bumped" }), settings);
      expectBody(outcome, "verify=NONE");
      const request = await scene.inspectorLog.waitFor("the opened request", (line) => line.method === "GET");
      expect(request).toMatchObject({ bump: "bump", target: origin(site.nginx.tls, { path: "/bumped" }) });
      expect((await scene.nginxLog.waitFor("the request", (line) => line.request.includes("/bumped"))).via).toContain(
        "squid",
      );
    },
  );

  test.for(clientsAndDoctor)("without its authority the inspector is named ($name)", async ({ ask }, { scene }) => {
    const settings = { HTTPS_PROXY: proxyUrl(scene.site.inspector), ...trustRoot(scene) };
    const outcome = await ask(origin(scene.site.nginx.tls), settings);
    expectFault(outcome, scene, "TLS_INSPECTED");
    expect(outcome.fault?.message).toContain("Example Corp TLS Inspection CA");
    expect((await scene.nginxLog.lines()).filter((line) => line.request !== "")).toEqual([]);
  });
});

describe("a client certificate", () => {
  test.for(clients)("nginx verifies alice, whose key is encrypted ($name)", async ({ ask }, { scene }) => {
    const { site } = scene;
    const url = origin(site.nginx.mtls, { path: "/alice" });
    const outcome = await ask(url, aliceThroughFront(scene, "open"));
    expectBody(outcome, "verify=SUCCESS dn=CN=alice");
    const request = await scene.nginxLog.waitFor("the request", (line) => line.request.includes("/alice"));
    expect(request).toMatchObject({ verify: "SUCCESS", subject: "CN=alice", status: "200" });
  });

  test.for(clients)(
    "a key in OpenSSL's old encrypted form, and a PKCS#12 file, do as well ($name)",
    async ({ ask }, { scene }) => {
      const { nginx, certs } = scene.site;
      const rest = { ...throughFront(scene, "open"), ...trustRoot(scene) };
      const legacy = {
        SALLYPORT_CLIENT_CERT: certs.client.cert,
        SALLYPORT_CLIENT_KEY: certs.client.legacyKey,
        SALLYPORT_CLIENT_KEY_PASSPHRASE: certs.passphrase,
      };
      const pfx = { SALLYPORT_CLIENT_PFX: certs.client.pfx, SALLYPORT_CLIENT_KEY_PASSPHRASE: certs.passphrase };
      for (const identity of [legacy, pfx]) {
        expectBody(await ask(origin(nginx.mtls), { ...rest, ...identity }), "verify=SUCCESS dn=CN=alice");
      }
    },
  );

  test.for(clients)(
    "nginx's answer to a missing one is an answer, and handed on ($name)",
    async ({ ask }, { scene }) => {
      const outcome = await ask(origin(scene.site.nginx.mtls), { ...throughFront(scene, "open"), ...trustRoot(scene) });
      expect(outcome.status).toBe(400);
      expectBody(outcome, "No required SSL certificate was sent");
    },
  );

  test("the doctor reads nginx's answers for what they are", async ({ scene }) => {
    const url = origin(scene.site.nginx.mtls);
    const { stranger } = scene.site.certs;
    const settings = { ...throughFront(scene, "open"), ...trustRoot(scene) };
    expectFault(await byDoctor(url, settings), scene, "CLIENT_CERT_REQUIRED", "target");
    const mallory = { SALLYPORT_CLIENT_CERT: stranger.cert, SALLYPORT_CLIENT_KEY: stranger.key };
    expectFault(await byDoctor(url, { ...settings, ...mallory }), scene, "CLIENT_CERT_REJECTED", "target");
    await scene.nginxLog.waitFor("mallory's request", (line) => line.status === "400" && line.subject === "CN=mallory");
  });

  test.for(clients)("haproxy lets alice in, under TLS 1.3 and 1.2 ($name)", async ({ ask }, { scene }) => {
    const { tls13, tls12 } = scene.haproxy();
    const settings = aliceThroughFront(scene, "open");
    for (const port of [tls13, tls12]) expectBody(await ask(origin(port), settings), "cn=alice");
  });

  test.for(clientsAndDoctor)(
    "haproxy refuses by an alert, under TLS 1.3 and 1.2, and is understood ($name)",
    async ({ ask }, { scene }) => {
      const { tls13, tls12 } = scene.haproxy();
      const settings = { ...throughFront(scene, "open"), ...trustRoot(scene) };
      const { stranger } = scene.site.certs;
      const mallory = { SALLYPORT_CLIENT_CERT: stranger.cert, SALLYPORT_CLIENT_KEY: stranger.key };
      for (const port of [tls13, tls12]) {
        expectFault(await ask(origin(port), settings), scene, "CLIENT_CERT_REQUIRED", "target");
        expectFault(await ask(origin(port), { ...settings, ...mallory }), scene, "CLIENT_CERT_REJECTED", "target");
      }
    },
  );
});

describe("all together", () => {
  for (const port of ["chained", "chainedCert"] as const) {
    const what =
      port === "chained" ? "a TLS proxy with a login" : "a TLS proxy with a login and a certificate of its own";
    test.for(clients)(
      `${what}, an inspector that exempts the origin, a client certificate ($name)`,
      async ({ ask }, { scene }) => {
        const { site } = scene;
        const { workstation } = site.certs;
        const toProxy = { SALLYPORT_PROXY_CLIENT_CERT: workstation.cert, SALLYPORT_PROXY_CLIENT_KEY: workstation.key };
        const settings = {
          ...throughFront(scene, port),
          SALLYPORT_CA_CERTS: site.certs.bundle,
          ...asAlice(scene),
          ...(port === "chainedCert" ? toProxy : {}),
        };
        const outcome = await ask(origin(site.nginx.mtls, { name: exemptName, path: "/all" }), settings);
        expectBody(outcome, "verify=SUCCESS dn=CN=alice");
        const tunnel = await scene.frontLog.waitFor("the tunnel", (line) => line.method === "CONNECT");
        expect(tunnel).toMatchObject({ user: site.login.username, status: "200", port: String(site.front[port]) });
        const spliced = await scene.inspectorLog.waitFor("the exempted tunnel", (line) => line.bump === "splice");
        expect(spliced).toMatchObject({ sni: exemptName });
        const request = await scene.nginxLog.waitFor("the request", (line) => line.request.includes("/all"));
        expect(request).toMatchObject({ subject: "CN=alice", via: "-", proxyAuthorization: "-" });
      },
    );
  }

  test.for(clientsAndDoctor)(
    "a proxy that wants a certificate and gets none is blamed, and not the origin ($name)",
    async ({ ask }, { scene }) => {
      const settings = aliceThroughFront(scene, "tlsCert");
      const outcome = await ask(origin(scene.site.nginx.mtls), settings);
      expectFault(outcome, scene, "CLIENT_CERT_REQUIRED", "proxy");
      expect((await scene.frontLog.lines()).filter((line) => line.method === "CONNECT")).toEqual([]);
    },
  );

  test("the doctor names an inspector that keeps a certificate from arriving", async ({ scene }) => {
    const { site } = scene;
    const settings = { ...throughFront(scene, "chained"), SALLYPORT_CA_CERTS: site.certs.bundle, ...asAlice(scene) };
    expectFault(await byDoctor(origin(site.nginx.mtls), settings), scene, "CLIENT_CERT_INSPECTED");
    await scene.inspectorLog.waitFor("the opened tunnel", (line) => line.bump === "bump");
  });
});

describe("NO_PROXY", () => {
  test.for(clients)("a host that is listed is reached without the proxy ($name)", async ({ ask }, { scene }) => {
    const { site } = scene;
    const settings = { ...aliceThroughFront(scene, "basic"), NO_PROXY: "<-loopback>, LOCALHOST." };
    const outcome = await ask(`https://localhost:${site.nginx.mtls}/direct`, settings);
    expectBody(outcome, "dn=CN=alice");
    expect(await scene.frontLog.lines()).toEqual([]);
  });

  test.for(clients)("loopback goes through the proxy where <-loopback> says so ($name)", async ({ ask }, { scene }) => {
    const { site } = scene;
    const settings = { ...aliceThroughFront(scene, "basic"), NO_PROXY: "<-loopback>" };
    const outcome = await ask(`https://127.0.0.1:${site.nginx.mtls}/`, settings);
    expectBody(outcome, "dn=CN=alice");
    expectNoSecret(outcome.said, site);
    await scene.frontLog.waitFor("the tunnel", (line) => line.target === `127.0.0.1:${site.nginx.mtls}`);
  });
});
