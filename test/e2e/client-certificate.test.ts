import { beforeAll, describe, expect, test } from "vitest";
import * as undici from "undici";
import { findConnectError } from "../../src/base/errors.js";
import type { Network } from "../../src/clients/index.js";
import type { LabOrigin } from "../../src/lab/index.js";
import { nodeRequest } from "./support/clients.js";
import { networkAt } from "./support/office.js";
import { standardLab } from "../support/standard-lab.js";

const lab = await standardLab();

const askers: Readonly<Record<string, (network: Network, url: string) => Promise<unknown>>> = {
  fetch: ({ fetch }, url) => fetch(url),
  "fetch with a body": ({ fetch }, url) => fetch(url, { method: "POST", body: "hello" }),
  "undici.request": ({ dispatcher }, url) => undici.request(url, { dispatcher }),
  "node:https": (network, url) => nodeRequest(network, url),
  "node:https with a body": (network, url) => nodeRequest(network, url, { method: "POST", body: "hello" }),
};

describe.each(["TLSv1.2", "TLSv1.3"] as const)("an origin that wants a client certificate over %s", (version) => {
  describe.each(["h2", "http/1.1"] as const)("and speaks %s", (alpn) => {
    let origin: LabOrigin;
    beforeAll(async () => {
      origin = await lab.origin({
        clientCertificate: "required",
        minVersion: version,
        maxVersion: version,
        http2: alpn === "h2",
      });
    });

    test.each(Object.entries(askers))("%s without one fails with CLIENT_CERT_REQUIRED", async (_name, ask) => {
      await using network = await networkAt(lab, lab.basic, { clientCertificate: false });
      const error = await ask(network, origin.url).catch((reason: unknown) => reason);
      expect(findConnectError(error)).toMatchObject({
        code: "CLIENT_CERT_REQUIRED",
        stage: "client-cert",
        hop: "target",
      });
    });

    test.each(Object.entries(askers))(
      "%s with one of another authority fails with CLIENT_CERT_REJECTED",
      async (_name, ask) => {
        const { cert, key } = lab.files.wrongClient;
        await using network = await networkAt(lab, lab.basic, { clientCertificate: false, cert, key });
        const error = await ask(network, origin.url).catch((reason: unknown) => reason);
        expect(findConnectError(error)).toMatchObject({
          code: "CLIENT_CERT_REJECTED",
          stage: "client-cert",
          hop: "target",
        });
        expect(findConnectError(error)?.message).toContain("mallory");
      },
    );

    test.each(Object.entries(askers))("%s with the right one is answered", async (_name, ask) => {
      await using network = await networkAt(lab, lab.basic);
      lab.log.clear();
      await ask(network, origin.url);
      expect(lab.log.of(origin.name, "request").map(({ peer, httpVersion }) => [peer, httpVersion])).toEqual([
        ["alice", alpn === "h2" && !_name.startsWith("node:") ? "2.0" : "1.1"],
      ]);
    });
  });
});

test("a refused certificate is not tried again on a new connection", async () => {
  await using network = await networkAt(lab, lab.basic, { clientCertificate: false });
  lab.log.clear();
  await network.fetch(lab.mtls.url).catch(() => undefined);
  expect(lab.log.of(lab.basic.name, "connect")).toHaveLength(1);
});

test("fetch stays a fetch: its error is a TypeError with the words that retry libraries look for", async () => {
  await using network = await networkAt(lab, lab.basic, { clientCertificate: false });
  const error = await network.fetch(lab.mtls.url).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(TypeError);
  expect(error).toMatchObject({
    message: "fetch failed",
    cause: { name: "ConnectError", code: "CLIENT_CERT_REQUIRED" },
  });
});

test.each([true, false])("a refused certificate leaves no connection open, with HTTP/2 %s", async (allowH2) => {
  const network = await networkAt(lab, lab.basic, { clientCertificate: false, dispatcher: { allowH2 } });
  lab.log.clear();
  await network.fetch(lab.mtls.url).catch(() => undefined);
  const tunnel = lab.log.of(lab.basic.name, "connect").at(-1)?.connection;
  const closed = lab.log.waitFor(
    (event) => event.by === lab.basic.name && event.kind === "close" && event.connection === tunnel,
  );
  await expect(closed).resolves.toMatchObject({ connection: tunnel });
  await network.close();
});
