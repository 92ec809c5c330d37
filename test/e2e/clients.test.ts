import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Network } from "../../src/clients/index.js";
import type { LabProxy } from "../../src/lab/index.js";
import { clients } from "./support/clients.js";
import { basicAuthorization, certificatesShown, namesAsked, networkAt, requestsSeen } from "./support/office.js";
import { standardLab } from "../support/standard-lab.js";

const lab = await standardLab();

interface Way {
  readonly proxy: () => LabProxy;
  /** What the proxy must have been told; undefined for an open one. */
  readonly login: () => string | undefined;
  readonly inspects: boolean;
  /** Whether plain http goes to the proxy in absolute form. */
  readonly absolute: boolean;
}

const basic = (): string => basicAuthorization(lab.login);
const ways: Readonly<Record<string, Way>> = {
  "a proxy with a Basic login": { proxy: () => lab.basic, login: basic, inspects: false, absolute: true },
  "a proxy over TLS with a login": { proxy: () => lab.overTls, login: basic, inspects: false, absolute: true },
  "an inspecting proxy that exempts the mTLS host": {
    proxy: () => lab.inspector,
    login: () => undefined,
    inspects: true,
    absolute: true,
  },
  "a SOCKS5 proxy with a login": {
    proxy: () => lab.socks,
    login: () => `${lab.login.username}:${lab.login.password}`,
    inspects: false,
    absolute: false,
  },
  "TLS, login and inspection together": { proxy: () => lab.strict, login: basic, inspects: true, absolute: true },
};

describe.each(Object.entries(ways))("through %s", (_name, way) => {
  let network: Network;
  beforeAll(async () => {
    network = await networkAt(lab, way.proxy());
  });
  afterAll(() => network.destroy());
  beforeEach(() => lab.log.clear());

  test.each(Object.entries(clients))(
    "%s reaches an https origin, and shows the login to the proxy alone",
    async (_client, ask) => {
      const echo = await ask(network, `${lab.api.url}/echo?from=client`);

      expect(echo).toMatchObject({ origin: "api.lab.test", url: "/echo?from=client", peer: null });
      expect(echo.headers).not.toHaveProperty("proxy-authorization");
      for (const { headers } of requestsSeen(lab, lab.api.name))
        expect(headers).not.toHaveProperty("proxy-authorization");
      // Connections are kept: only the first client of each kind is seen connecting.
      for (const { authorization, target, status } of lab.log.of(way.proxy().name, "connect")) {
        expect({ authorization, target, status }).toEqual({
          authorization: way.login(),
          target: `api.lab.test:${lab.api.port}`,
          status: expect.any(Number) as number,
        });
      }
      expect(requestsSeen(lab, way.proxy().name).map(({ inspected }) => inspected)).toEqual(way.inspects ? [true] : []);
    },
  );

  test.each(Object.entries(clients))(
    "%s shows the client certificate to the origin that wants it, and to nobody else",
    async (_client, ask) => {
      const echo = await ask(network, lab.mtls.url);

      expect(echo).toMatchObject({ origin: "mtls.lab.test", peer: "alice" });
      expect(requestsSeen(lab, way.proxy().name)).toEqual([]);
      expect(certificatesShown(lab, way.proxy().name).filter((shown) => shown !== undefined)).toEqual([]);
    },
  );

  test.each(Object.entries(clients))(
    "%s gets plain http through the proxy, which alone sees the login",
    async (_client, ask) => {
      const echo = await ask(network, `${lab.plain.url}/path?query`);

      expect(echo).toMatchObject({ origin: "plain.lab.test", url: "/path?query" });
      expect(echo.headers["host"]).toBe(`plain.lab.test:${lab.plain.port}`);
      expect(echo.headers).not.toHaveProperty("proxy-authorization");
      const seen = requestsSeen(lab, way.proxy().name).map(({ url, headers }) => ({
        url,
        login: headers["proxy-authorization"],
      }));
      expect(seen).toEqual(way.absolute ? [{ url: `${lab.plain.url}/path?query`, login: way.login() }] : []);
    },
  );

  test("no name but the proxy's is resolved on this machine", async () => {
    const fresh = await networkAt(lab, way.proxy());
    for (const ask of Object.values(clients)) {
      for (const { url } of [lab.api, lab.mtls, lab.plain]) await ask(fresh, url);
    }
    await fresh.close();
    expect(namesAsked(lab).filter((name) => name !== "localhost")).toEqual([]);
  });
});

test("without a proxy setting, every client goes direct and still shows its certificate", async () => {
  await using network = await networkAt(lab, undefined);
  const origin = await lab.origin({ name: "direct.inside.test", clientCertificate: "required" });
  lab.log.clear();
  for (const ask of Object.values(clients))
    expect(await ask(network, origin.url)).toMatchObject({ origin: "direct.inside.test", peer: "alice" });
  expect(lab.log.events.filter(({ kind }) => kind === "connect")).toEqual([]);
  await origin.close();
});

test("what NO_PROXY names goes past the proxy, whichever client asks", async () => {
  await using network = await networkAt(lab, lab.basic, { noProxy: ".inside.test" });
  lab.log.clear();
  for (const ask of Object.values(clients))
    expect(await ask(network, lab.inside.url)).toMatchObject({ origin: "intranet.inside.test" });
  expect(lab.log.of(lab.basic.name)).toEqual([]);
});
