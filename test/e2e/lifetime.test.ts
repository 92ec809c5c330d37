import { afterEach, describe, expect, test } from "vitest";
import * as undici from "undici";
import { findConnectError } from "../../src/base/errors.js";
import type { Network } from "../../src/clients/index.js";

import { clients, nodeRequest } from "./support/clients.js";
import { networkAt } from "./support/office.js";
import { standardLab } from "../support/standard-lab.js";

const lab = await standardLab();
afterEach(() => {
  lab.basic.fault = undefined;
  lab.api.fault = undefined;
});

const abortable: Readonly<Record<string, (network: Network, signal: AbortSignal) => Promise<unknown>>> = {
  fetch: ({ fetch }, signal) => fetch(lab.api.url, { signal }),
  "undici.request": ({ dispatcher }, signal) => undici.request(lab.api.url, { dispatcher, signal }),
  "node:https": (network, signal) => nodeRequest(network, lab.api.url, { signal }),
};

/** Rejects after 5 s if the proxy still holds a connection that was opened since the log was cleared. */
async function allClosed(): Promise<void> {
  for (const { connection } of lab.log.of(lab.basic.name, "accept")) {
    await lab.log.waitFor(
      (event) => event.by === lab.basic.name && event.kind === "close" && event.connection === connection,
    );
  }
}

describe.each(Object.entries(abortable))("%s", (_name, ask) => {
  test.each([
    ["may", true],
    ["may not", false],
  ])(
    "aborted while the proxy keeps it waiting, leaves no socket behind (HTTP/2 %s be spoken)",
    async (_may, allowH2) => {
      await using network = await networkAt(lab, lab.basic, { dispatcher: { allowH2 } });
      lab.basic.fault = { kind: "silent" };
      const abort = new AbortController();
      const asked = ask(network, abort.signal).catch((reason: unknown) => reason);
      await lab.log.waitFor(({ by, kind }) => by === lab.basic.name && kind === "connect");
      abort.abort();
      expect(await asked).toMatchObject({ name: "AbortError" });
      await allClosed();
    },
  );

  test("aborted before it starts, opens no connection", async () => {
    await using network = await networkAt(lab, lab.basic);
    expect(await ask(network, AbortSignal.abort()).catch((reason: unknown) => reason)).toMatchObject({
      name: "AbortError",
    });
    await ask(network, new AbortController().signal);
    expect(lab.log.of(lab.basic.name, "accept")).toHaveLength(1);
  });

  test("waits no longer than the policy says for the first byte of an answer", async () => {
    await using network = await networkAt(lab, lab.basic, { timeouts: { firstByte: 150 } });
    lab.api.fault = "never-answers";
    const error = await ask(network, new AbortController().signal).catch((reason: unknown) => reason);
    expect(findConnectError(error)).toMatchObject({ code: "HTTP_TIMEOUT", hop: "target", stage: "http" });
    expect(findConnectError(error)?.message).toContain("0.15 s");
  });

  test("waits no longer than the policy says for a proxy that never answers the CONNECT", async () => {
    await using network = await networkAt(lab, lab.basic, { timeouts: { tunnel: 150 } });
    lab.basic.fault = { kind: "silent" };
    const error = await ask(network, new AbortController().signal).catch((reason: unknown) => reason);
    expect(findConnectError(error)).toMatchObject({ code: "PROXY_TIMEOUT", hop: "proxy" });
  });

  test("names what is not HTTP as such", async () => {
    const origin = await lab.origin({ http2: false, fault: "not-http" });
    await using network = await networkAt(lab, lab.basic);
    const error = await nodeOr(ask, network, origin.url);
    expect(findConnectError(error)).toMatchObject({ code: "HTTP_INVALID", hop: "target" });
  });
});

/** The askers above have their URL built in; for another one each is told apart by what it is. */
async function nodeOr(
  ask: (network: Network, signal: AbortSignal) => Promise<unknown>,
  network: Network,
  url: string,
): Promise<unknown> {
  if (ask === abortable["fetch"]) return network.fetch(url).catch((reason: unknown) => reason);
  if (ask === abortable["undici.request"])
    return undici.request(url, { dispatcher: network.dispatcher }).catch((reason: unknown) => reason);
  return nodeRequest(network, url).catch((reason: unknown) => reason);
}

test("one aborted request does not take the connection from the others that wait for it", async () => {
  await using network = await networkAt(lab, lab.basic);
  const abort = new AbortController();
  const [first, second] = [network.fetch(lab.api.url, { signal: abort.signal }), network.fetch(lab.api.url)];
  abort.abort();
  await expect(first).rejects.toMatchObject({ name: "AbortError" });
  expect((await second).status).toBe(200);
});

test("close waits for the requests under way, and then leaves no connection open", async () => {
  const network = await networkAt(lab, lab.basic);
  for (const ask of Object.values(clients)) {
    await ask(network, lab.api.url);
    await ask(network, lab.plain.url);
  }
  const redirected = `${lab.api.url}/redirect?to=${encodeURIComponent("/bytes?n=300000")}`;
  const last = [
    network.fetch(redirected).then((response) => response.text()),
    network.fetch(`${lab.api.url}/bytes?n=300000`).then((response) => response.text()),
    nodeRequest(network, `${lab.api.url}/bytes?n=300000`).then(({ body }) => body),
  ];
  const closed = network.close();
  for (const text of await Promise.all(last)) expect(text).toHaveLength(300_000);
  await closed;
  await allClosed();
  await expect(network.fetch(lab.api.url)).rejects.toThrow("fetch failed");
  await expect(nodeRequest(network, lab.api.url)).rejects.toThrow("closed");
});

test("destroy fails the requests under way", async () => {
  const network = await networkAt(lab, lab.basic);
  lab.api.fault = "never-answers";
  const pending = [network.fetch(lab.api.url), nodeRequest(network, lab.api.url)].map((each) =>
    each.then(
      () => "answered",
      () => "failed",
    ),
  );
  await lab.log.waitFor(({ by, kind }) => by === lab.api.name && kind === "request");
  await network.destroy();
  expect(await Promise.all(pending)).toEqual(["failed", "failed"]);
});
