import { request as httpRequest } from "node:http";
import { describe } from "vitest";
import { clients, clientsAndDoctor } from "./support/clients.js";
import { exemptName } from "./support/site.js";
import { openNetwork } from "./support/network.js";
import {
  aliceThroughFront,
  asAlice,
  basicHeader,
  expectBody,
  expectFault,
  origin,
  proxyUrl,
  test,
  throughFront,
  trustRoot,
  type Scene,
  expect,
} from "./support/scene.js";

describe("streams", () => {
  test("an answer arrives event by event, through a TLS proxy, an inspector's exemption and nginx", async ({
    scene,
  }) => {
    const { site } = scene;
    const settings = { ...throughFront(scene, "chained"), SALLYPORT_CA_CERTS: site.certs.bundle, ...asAlice(scene) };
    await using network = await openNetwork(settings);
    const response = await network.fetch(origin(site.nginx.mtls, { name: exemptName, path: "/events/stream-1" }));
    const events = textOf(response);
    // The origin sends the second event only when it is told to: so the first was not held back anywhere on the way.
    expect((await events.next()).value).toContain("event: first");
    await tellStreamOrigin(scene, "/continue/stream-1");
    expect((await events.next()).value).toContain("event: second");
    expect((await events.next()).done).toBe(true);
  });
});

describe("plain http", () => {
  test.for(clients)("goes in absolute form, with the login for squid alone ($name)", async ({ ask }, { scene }) => {
    const { site } = scene;
    const url = `http://origin.test:${site.nginx.plain}/plain`;
    const outcome = await ask(url, throughFront(scene, "basic"));
    expect(outcome.status).toBe(200);
    const request = await scene.frontLog.waitFor("the request", (line) => line.method === "GET");
    expect(request).toMatchObject({ target: url, user: site.login.username, login: basicHeader(site.login) });
    expect((await scene.nginxLog.waitFor("the request", () => true)).proxyAuthorization).toBe("-");
  });

  test.for(clientsAndDoctor)(
    "squid's 407 is a fault, and not the origin's answer ($name)",
    async ({ ask }, { scene }) => {
      const url = `http://origin.test:${scene.site.nginx.plain}/`;
      const outcome = await ask(url, { HTTP_PROXY: proxyUrl(scene.site.front.basic) });
      expectFault(outcome, scene, "PROXY_AUTH_REQUIRED", "proxy");
    },
  );
});

describe("HTTP/2", () => {
  test("fetch speaks it through squid to nginx, with a client certificate, on one connection", async ({ scene }) => {
    const { site } = scene;
    await using network = await openNetwork(aliceThroughFront(scene, "tls"));
    const url = origin(site.nginx.mtlsH2);
    const ask = async (): Promise<string> => (await network.fetch(url)).text();
    expect(await ask()).toContain("dn=CN=alice protocol=TLSv1.3 http=HTTP/2.0");
    await Promise.all([ask(), ask(), ask()]);
    const lines = await scene.nginxLog.lines();
    expect(new Set(lines.map((line) => line.connection)).size).toBe(1);
    expect(lines.map((line) => line.request)).toEqual(Array.from({ length: 4 }, () => "GET / HTTP/2.0"));
  });
});

describe("connections", () => {
  test("one tunnel serves many requests", async ({ scene }) => {
    await using network = await openNetwork(aliceThroughFront(scene, "basic"));
    for (let count = 0; count < 3; count++) await (await network.fetch(origin(scene.site.nginx.mtls))).text();
    const lines = await scene.nginxLog.lines();
    expect(lines).toHaveLength(3);
    expect(new Set(lines.map((line) => line.connection)).size).toBe(1);
  });

  test("a new connection resumes the TLS session of the one before", async ({ scene }) => {
    await using network = await openNetwork(aliceThroughFront(scene, "tls"));
    const url = origin(scene.site.nginx.mtls);
    for (let count = 0; count < 3; count++)
      await (await network.fetch(url, { headers: { connection: "close" } })).text();
    const lines = await scene.nginxLog.lines();
    expect(new Set(lines.map((line) => line.connection)).size).toBe(3);
    expect(lines.map((line) => line.reused)).toEqual([".", "r", "r"]);
  });
});

describe("a squid that wants a client certificate", () => {
  test("breaks off when a session is resumed, and is asked again without one", async ({ scene }) => {
    const { site } = scene;
    const { cert, key } = site.certs.workstation;
    // Without sslcontext= squid has no name for its sessions, and OpenSSL then refuses to resume one with a client certificate.
    await using network = await openNetwork({
      ...aliceThroughFront(scene, "tlsCert"),
      SALLYPORT_PROXY_CLIENT_CERT: cert,
      SALLYPORT_PROXY_CLIENT_KEY: key,
    });
    for (let count = 0; count < 3; count++) {
      const response = await network.fetch(origin(site.nginx.mtls), { headers: { connection: "close" } });
      expect(await response.text()).toContain("dn=CN=alice");
    }
    const connections = (await scene.nginxLog.lines()).map((line) => line.connection);
    expect(new Set(connections).size).toBe(3);
  });
});

describe("SOCKS", () => {
  test.for(clients)("microsocks lets alice through by name and password ($name)", async ({ ask }, { scene }) => {
    const url = proxyUrl(scene.socks(), scene.site.login, "socks5h");
    const settings = { HTTPS_PROXY: url, NO_PROXY: "<-loopback>", ...trustRoot(scene), ...asAlice(scene) };
    const outcome = await ask(`https://localhost:${scene.site.nginx.mtls}/`, settings);
    expectBody(outcome, "dn=CN=alice");
  });

  test.for(clientsAndDoctor)("a wrong password, or none, is named as such ($name)", async ({ ask }, { scene }) => {
    const port = scene.socks();
    const rest = { NO_PROXY: "<-loopback>", ...trustRoot(scene) };
    const url = `https://localhost:${scene.site.nginx.tls}/`;
    const wrong = proxyUrl(port, { username: "alice", password: "guessed wrong" }, "socks5h");
    expectFault(await ask(url, { HTTPS_PROXY: wrong, ...rest }), scene, "PROXY_AUTH_REJECTED", "proxy");
    expectFault(
      await ask(url, { HTTPS_PROXY: proxyUrl(port, undefined, "socks5h"), ...rest }),
      scene,
      "PROXY_AUTH_REQUIRED",
      "proxy",
    );
  });
});

async function* textOf(response: Response): AsyncGenerator<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) yield part.value;
}

/** Straight to the origin, by Node's own client: not through what is tested. */
function tellStreamOrigin({ site }: Scene, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    httpRequest({ host: "127.0.0.1", port: site.stream, path }, (response) => {
      response.resume();
      if (response.statusCode === 204) resolve();
      else reject(new Error(`the stream origin answered ${response.statusCode}`));
    })
      .on("error", reject)
      .end();
  });
}
