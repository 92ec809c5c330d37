import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { findConnectError } from "../base/errors.js";
import { labVariables } from "../lab/index.js";
import { createAgent, createDispatcher, createFetch, createNetwork, install } from "./index.js";
import { standardLab } from "../../test/support/standard-lab.js";

const lab = await standardLab();

const quiet = { stores: ["bundled"] } as const;
const here = (extra: Record<string, string> = {}) => ({
  ...quiet,
  source: { variables: { ...labVariables(lab, lab.basic), ...extra } },
  lookup: lab.lookup,
});

const proxies = (url: string) => ({ HTTPS_PROXY: url, HTTP_PROXY: url });

describe("a setting that cannot be used stops what it decides for, and nothing else:", () => {
  const socks = "socks://127.0.0.1:1/";
  const failureOf = async (settings: Parameters<typeof createNetwork>[0], url: string) => {
    await using network = await createNetwork(settings);
    return findConnectError(await network.fetch(url).catch((reason: unknown) => reason));
  };

  test("what GNOME sets beside good proxies", async () => {
    const { HTTPS_PROXY: good = "" } = labVariables(lab, lab.basic);
    for (const variables of [{ ALL_PROXY: socks }, { ALL_PROXY: socks, HTTP_PROXY: "" }]) {
      await using network = await createNetwork(here({ HTTPS_PROXY: good, ...variables }));
      expect((await network.fetch(lab.api.url)).status).toBe(200);
      expect(network.warnings).toMatchObject([{ code: "PROXY_SCHEME_UNSUPPORTED", severity: "warning" }]);
    }
  });

  test("a proxy for http where https is asked for; an http URL fails with it, and goes nowhere else", async () => {
    const settings = here({ HTTP_PROXY: "http://proxy.test:99999" });
    lab.log.clear();
    expect(await failureOf(settings, lab.api.url)).toBeUndefined();
    lab.log.clear();
    expect(await failureOf(settings, lab.plain.url)).toMatchObject({ code: "PROXY_URL_INVALID", severity: "error" });
    expect(lab.log.of(lab.plain.name, "request")).toEqual([]);
  });

  test("a proxy for https where http is asked for", async () => {
    const settings = here({ HTTPS_PROXY: "http://proxy.test:99999" });
    expect(await failureOf(settings, lab.plain.url)).toBeUndefined();
    expect(await failureOf(settings, lab.api.url)).toMatchObject({ code: "PROXY_URL_INVALID" });
  });

  test("a route for other hosts", async () => {
    const routes = [{ hosts: lab.mtls.name, proxy: "gopher://proxy.test" }];
    expect(await failureOf({ ...here(), routes }, lab.api.url)).toBeUndefined();
    expect(await failureOf({ ...here(), routes }, `https://${lab.mtls.name}/`)).toMatchObject({
      code: "PROXY_SCHEME_UNSUPPORTED",
    });
    await expect(createNetwork({ ...here(), routes: [{ hosts: "*", proxy: "gopher://x" }] })).rejects.toMatchObject({
      code: "PROXY_SCHEME_UNSUPPORTED",
    });
  });

  test("a client certificate for other hosts; its own host is not even connected to", async () => {
    const identities = [{ hosts: [lab.mtls.name], cert: "/nowhere/cert.pem", key: "/nowhere/key.pem" }];
    expect(await failureOf({ ...here(), identities }, lab.api.url)).toBeUndefined();
    lab.log.clear();
    expect(await failureOf({ ...here(), identities }, `https://${lab.mtls.name}/`)).toMatchObject({
      code: "CERT_FILE_UNREADABLE",
    });
    expect(lab.log.events).toEqual([]);
  });

  test("a client certificate for proxies over TLS, where the proxy speaks plain HTTP", async () => {
    const settings = (variables: Record<string, string>) => ({ ...here(variables), proxyCert: "/nowhere/cert.pem" });
    expect(await failureOf(settings({}), lab.api.url)).toBeUndefined();
    expect(await failureOf(settings(labVariables(lab, lab.strict)), lab.api.url)).toMatchObject({
      code: "CERT_FILE_UNREADABLE",
    });
  });
});

describe("a network whose settings are unusable is not made", () => {
  test("and says which setting it is", async () => {
    const error = await createNetwork(here(proxies("gopher://proxy.test"))).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: "PROXY_SCHEME_UNSUPPORTED",
      hop: "local",
      message: expect.stringContaining("HTTPS_PROXY") as string,
    });
  });

  test("and has all faults at hand where there are several", async () => {
    const variables = here({
      ...proxies("gopher://proxy.test"),
      NODE_EXTRA_CA_CERTS: "/nowhere/ca.pem",
      CLAUDE_CODE_CLIENT_KEY_PASSPHRASE: "wrong-secret",
    });
    const error = await createNetwork(variables).catch((reason: unknown) => reason);
    const { cause } = error as { cause: AggregateError };
    expect(cause.errors.map(({ code }: { code: string }) => code)).toEqual([
      "PROXY_SCHEME_UNSUPPORTED",
      "PROXY_SCHEME_UNSUPPORTED",
      "CA_FILE_UNREADABLE",
      "KEY_PASSPHRASE_WRONG",
    ]);
    expect(inspect(error, { depth: 9 })).not.toContain("wrong-secret");
  });

  test.each([createDispatcher, createAgent, install])("by whichever way it is asked for", async (make) => {
    await expect(make(here(proxies("http://proxy.test:99999")))).rejects.toMatchObject({
      code: "PROXY_URL_INVALID",
    });
  });
});

test("a network says where a URL goes and why, and dials there", async () => {
  await using network = await createNetwork({ ...here(), noProxy: ".inside.test" });
  expect(await network.route(lab.api.url)).toMatchObject({
    kind: "proxy",
    reason: expect.stringContaining("HTTPS_PROXY") as string,
  });
  expect(await network.route(lab.inside.url)).toMatchObject({ kind: "direct" });
  const { socket, alpn } = await network.dial(
    { protocol: "https:", host: lab.mtls.name, port: lab.mtls.port },
    { alpn: ["h2"] },
  );
  expect(alpn).toBe("h2");
  socket.destroy();
});

test("a network shows neither password nor passphrase nor key, however it is printed", async () => {
  await using network = await createNetwork(here());
  await network.fetch(lab.mtls.url);
  const key = lab.login.password;
  for (const text of [
    inspect(network, { depth: 12, showHidden: true }),
    JSON.stringify(network.policy),
    JSON.stringify(network.identities),
    inspect(network.dispatcher, { depth: 12 }),
    inspect({ ...network.agents }, { depth: 12 }),
  ]) {
    for (const secret of [
      key,
      encodeURIComponent(key),
      lab.files.passphrase,
      "PRIVATE KEY",
      Buffer.from(`alice:${key}`).toString("base64"),
    ])
      expect(text).not.toContain(secret);
  }
});

describe("createFetch", () => {
  test("reads its settings at the first call, and returns Node's own Response", async () => {
    const fetch = createFetch(here());
    const response = await fetch(new Request(`${lab.mtls.url}/echo`, { method: "PUT", body: "hello" }));
    expect(response).toBeInstanceOf(globalThis.Response);
    expect(await response.json()).toMatchObject({ method: "PUT", peer: "alice", body: { length: 5 } });
  });

  test("rejects with what is wrong with the settings, and tries again at the next call", async () => {
    let proxy = "gopher://proxy.test";
    const changing = { get: () => proxy, enumerable: true };
    const variables = Object.defineProperties(
      { ...here().source.variables },
      { HTTPS_PROXY: changing, HTTP_PROXY: changing },
    );
    const fetch = createFetch({ ...here(), source: { variables } });
    expect(findConnectError(await fetch(lab.api.url).catch((reason: unknown) => reason))).toMatchObject({
      code: "PROXY_SCHEME_UNSUPPORTED",
    });
    proxy = lab.basic.urlWithLogin;
    expect((await fetch(lab.api.url)).status).toBe(200);
  });

  test("keeps to its own network where a program has put another's in the place of the global fetch", async () => {
    const other = createFetch({ ...here(), proxy: "http://localhost:1" });
    const native = globalThis.fetch;
    globalThis.fetch = other;
    try {
      const mine = createFetch(here());
      expect((await mine(lab.api.url)).status).toBe(200);
    } finally {
      globalThis.fetch = native;
    }
  });

  test("does what the global fetch does with redirects, streams and signals", async () => {
    const fetch = createFetch(here());
    const manual = await fetch(`${lab.api.url}/redirect?to=/echo`, { redirect: "manual" });
    expect([manual.status, manual.headers.get("location")]).toEqual([302, "/echo"]);
    const body = new Blob(["streamed"]).stream();
    const echo: unknown = await (await fetch(lab.api.url, { method: "POST", body, duplex: "half" })).json();
    expect(echo).toMatchObject({ body: { length: 8 } });
    await expect(fetch(lab.api.url, { signal: AbortSignal.timeout(0) })).rejects.toMatchObject({
      name: "TimeoutError",
    });
    const why = new Error("changed my mind");
    await expect(fetch(lab.api.url, { signal: AbortSignal.abort(why) })).rejects.toBe(why);
  });
});
