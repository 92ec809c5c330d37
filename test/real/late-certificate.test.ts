import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request as httpsRequest } from "node:https";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, inject } from "vitest";
import { startApache, withoutApache, type Apache } from "./support/apache.js";
import { builtCli, gatewayLibrary } from "./support/built.js";
import { byDoctor, clients, clientsAndDoctor, runCommand } from "./support/clients.js";
import { openNetwork, type Network } from "./support/network.js";
import { asAlice, expect, expectBody, expectFault, test as base, trustRoot, type Scene } from "./support/scene.js";

/** Apache with `SSLVerifyClient require` in a <Location>: it asks for the certificate once it has read the request's path. */
let apache: Apache | undefined;
beforeAll(async () => {
  const site = inject("site");
  const missing = withoutApache();
  if (missing !== undefined) console.log(`real Apache: SKIPPED, since ${missing}`);
  else if (site !== undefined) apache = await startApache(site.certs);
});
afterAll(() => apache?.stop());

/** Which test's requests these are. Apache's processes write theirs down in any order, and some when the next test has begun. */
let visit = 0;
const test = base.extend<{ late: Apache }>({
  late: async ({ skip }, use) => {
    const running = apache ?? skip("Apache is missing");
    const query = `?visit=${++visit}`;
    await use({ ...running, log: running.log.only(({ request }) => request.includes(`${query} `)) });
  },
});

/** What a server asks for depends on the path, and not on the query. */
const url = (port: number, path = "/private/page"): string => `https://localhost:${port}${path}?visit=${visit}`;
const alice = (scene: Scene) => ({ ...trustRoot(scene), ...asAlice(scene) });
const mallory = (scene: Scene) => ({
  ...trustRoot(scene),
  SALLYPORT_CLIENT_CERT: scene.site.certs.stranger.cert,
  SALLYPORT_CLIENT_KEY: scene.site.certs.stranger.key,
});

function byAgent(network: Network, target: string, method = "GET", body?: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    httpsRequest(target, { agent: network.agents.https, method }, resolve).on("error", reject).end(body);
  });
}

const requests = [
  {
    name: "fetch",
    ask: async (network: Network, target: string, method = "GET", body?: string) => {
      const answer = await network.fetch(target, { method, ...(body === undefined ? {} : { body }) });
      return { status: answer.status, body: await answer.text() };
    },
  },
  {
    name: "node:https",
    ask: async (network: Network, target: string, method = "GET", body?: string) => {
      const answer = await byAgent(network, target, method, body);
      return { status: answer.statusCode, body: await text(answer) };
    },
  },
] as const;

describe("a server that asks for the certificate after the request, under TLS 1.2 (renegotiation)", () => {
  test.for(clients)("gets it ($name)", async ({ ask }, { scene, late }) => {
    expectBody(await ask(url(late.tls12), alice(scene)), "this is /private");
    expect(await late.log.waitFor("the request", () => true)).toMatchObject({ status: "200", subject: "alice" });
  });

  test.for(clientsAndDoctor)("and there is none: that is said ($name)", async ({ ask }, { scene, late }) => {
    expectFault(await ask(url(late.tls12), trustRoot(scene)), scene, "CLIENT_CERT_REQUIRED", "target");
  });

  test.for(clientsAndDoctor)("and refuses a stranger's: that is said ($name)", async ({ ask }, { scene, late }) => {
    const outcome = await ask(url(late.tls12), mallory(scene));
    expectFault(outcome, scene, "CLIENT_CERT_REJECTED", "target");
    expect(outcome.fault?.message).toContain("CN=mallory");
  });
});

describe("a server that would have to ask after a handshake of TLS 1.3, which Node's client does not offer", () => {
  for (const port of ["http1", "http2"] as const) {
    test.for(clients)(`gets the certificate over TLS 1.2 (${port}, $name)`, async ({ ask }, { scene, late }) => {
      expectBody(await ask(url(late[port]), alice(scene)), "this is /private");
      expect(await late.log.waitFor("the request", (line) => line.status === "200")).toMatchObject({
        protocol: "TLSv1.2",
        subject: "alice",
      });
    });

    test.for(clientsAndDoctor)(`and refuses a stranger's (${port}, $name)`, async ({ ask }, { scene, late }) => {
      expectFault(await ask(url(late[port]), mallory(scene)), scene, "CLIENT_CERT_REJECTED", "target");
    });

    test.for(requests)(`is asked over TLS 1.2 from then on (${port}, $name)`, async ({ ask }, { scene, late }) => {
      await using network = await openNetwork(alice(scene));
      const http1 = late.log.only((line) => line.request.endsWith("HTTP/1.1"));
      const seen = async (count: number): Promise<readonly string[]> =>
        (await http1.atLeast(count)).map(({ status, protocol }) => `${status} ${protocol}`).toSorted();
      for (let count = 0; count < 3; count++) {
        expect(await ask(network, url(late[port]))).toEqual({ status: 200, body: "this is /private\n" });
        if (count === 0) expect(await seen(2)).toEqual(["200 TLSv1.2", "403 TLSv1.3"]);
      }
      expect((await ask(network, url(late[port], "/open/page"))).body).toBe("this is /open\n");
      expect(await seen(5)).toEqual([...Array.from({ length: 4 }, () => "200 TLSv1.2"), "403 TLSv1.3"]);
    });
  }

  test.for(requests)("many requests at once all get through ($name)", async ({ ask }, { scene, late }) => {
    await using network = await openNetwork(alice(scene));
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(network, url(late.http1))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });

  test.for(requests)(
    "a request that must not be sent twice fails as what it is, and the next one gets through ($name)",
    async ({ ask }, { scene, late }) => {
      await using network = await openNetwork(alice(scene));
      const failed = await ask(network, url(late.http1), "POST", "once").then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(codesOf(failed)).toContain("CLIENT_CERT_REQUIRED");
      const posts = async (count: number): Promise<readonly string[]> =>
        (await late.log.atLeast(count)).map(({ request, status }) => `${request.split(" ")[0]} ${status}`);
      expect(await posts(1)).toEqual(["POST 403"]);
      expect((await ask(network, url(late.http1), "POST", "once")).status).toBe(200);
      expect(await posts(2)).toEqual(["POST 403", "POST 200"]);
    },
  );

  test.for(requests)("an identity may say TLS 1.2 in the config file ($name)", async ({ ask }, { scene, late }) => {
    const { certs } = scene.site;
    const directory = await mkdtemp(join(tmpdir(), "sallyport-late-"));
    try {
      const config = join(directory, "config.json");
      const identity = { hosts: "localhost", cert: certs.client.cert, key: certs.client.key, maxTlsVersion: "1.2" };
      await writeFile(config, JSON.stringify({ identities: [identity] }));
      await using network = await openNetwork({ ...trustRoot(scene), SALLYPORT_CONFIG: config });
      expect((await ask(network, url(late.http2), "POST", "once")).status).toBe(200);
      expect((await late.log.atLeast(1)).map(({ request, protocol }) => `${request} ${protocol}`)).toEqual([
        `POST /private/page?visit=${visit} HTTP/1.1 TLSv1.2`,
      ]);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  test.for(requests)(
    "a refusal that has nothing to do with it is handed over ($name)",
    async ({ ask }, { scene, late }) => {
      await using network = await openNetwork(alice(scene));
      const seen = async (count: number): Promise<readonly string[]> =>
        (await late.log.atLeast(count))
          .map(({ request, protocol }) => `${request.split(" ")[0]} ${protocol}`)
          .toSorted();
      for (let count = 0; count < 3; count++) {
        const { status, body } = await ask(network, url(late.http1, "/forbidden/page"));
        expect({ status, told: body.includes("You don't have permission") }).toEqual({ status: 403, told: true });
        if (count === 0) expect(await seen(2)).toEqual(["GET TLSv1.2", "GET TLSv1.3"]);
      }
      expect((await ask(network, url(late.http1, "/forbidden/page"), "POST", "once")).status).toBe(403);
      // One look over TLS 1.2, and no more.
      expect(await seen(5)).toHaveLength(5);
      // And it does not stand in the way of another path of that server.
      expect((await ask(network, url(late.http1))).status).toBe(200);
    },
  );

  test.for(requests)(
    "where the server refuses TLS 1.2 its own answer is handed over, and it is not asked again ($name)",
    async ({ ask }, { scene, late }) => {
      await using network = await openNetwork(alice(scene));
      for (let count = 0; count < 2; count++) {
        const { status, body } = await ask(network, url(late.tls13));
        expect({ status, told: body.includes("Post-Handshake Authentication") }).toEqual({ status: 403, told: true });
      }
      expect(await late.log.atLeast(2)).toHaveLength(2);
    },
  );

  test("the preload does so as well", async ({ scene, late }) => {
    const program = `fetch(${JSON.stringify(url(late.http1))}).then((answer) => answer.text()).then(console.log);`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [builtCli, "run", "--no-check", "--", process.execPath, "-e", program],
      // What goes to this machine is the program's own affair, unless a setting says otherwise.
      { env: { PATH: process.env["PATH"], HOME: "/nonexistent", ...alice(scene), NO_PROXY: "<-loopback>" } },
    );
    expect(stdout).toContain("this is /private");
  });

  test("the gateway does so for hosts that it opens", async ({ scene, late }) => {
    const { startGateway } = await gatewayLibrary();
    const gateway = await startGateway({
      source: { variables: { HOME: "/nonexistent", ...alice(scene), NO_PROXY: "" } },
      intercept: ["localhost"],
      token: false,
    });
    try {
      const authority = join(scene.site.directory, "gateway-authority.pem");
      await writeFile(authority, gateway.authority ?? "");
      const curl = (...args: string[]) =>
        promisify(execFile)("curl", ["-sS", "--noproxy", "", "--proxy", gateway.url, "--cacert", authority, ...args], {
          env: { PATH: process.env["PATH"] },
        });
      for (const port of [late.http1, late.http2]) {
        for (const version of ["--http1.1", "--http2"]) {
          expect((await curl(version, url(port))).stdout).toBe("this is /private\n");
        }
      }
    } finally {
      await gateway.close();
    }
  });
});

describe("the doctor", () => {
  test("says what the server does where it found out", async ({ scene, late }) => {
    const { code, stdout } = await runCommand(["doctor", url(late.http1)], alice(scene));
    expect(code, stdout).toBe(0);
    expect(stdout.replace(/\s+/g, " ")).toContain(
      "accepted over TLS 1.2: the server asks for the certificate after the request",
    );
  });

  test.for(["http1", "http2"] as const)(
    "says that one is wanted where none is configured (%s)",
    async (port, { scene, late }) => {
      const outcome = await byDoctor(url(late[port]), trustRoot(scene));
      expectFault(outcome, scene, "CLIENT_CERT_REQUIRED", "target");
    },
  );

  test("says so where the server speaks TLS 1.3 alone", async ({ scene, late }) => {
    const outcome = await byDoctor(url(late.tls13), alice(scene));
    expectFault(outcome, scene, "CLIENT_CERT_REQUIRED", "target");
    expect(outcome.fault?.message).toContain("TLS 1.3");
    expect(outcome.fault?.remedy).toContain("TLS 1.2");
  });
});

function codesOf(error: unknown): unknown[] {
  const codes: unknown[] = [];
  for (let each = error; each instanceof Error; each = each.cause) codes.push("code" in each ? each.code : undefined);
  return codes;
}
