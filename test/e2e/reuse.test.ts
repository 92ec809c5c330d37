import * as undici from "undici";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findConnectError } from "../../src/base/errors.js";
import type { Network } from "../../src/clients/index.js";
import type { LabEcho, LabOrigin } from "../../src/lab/index.js";
import { nodeRequest } from "./support/clients.js";
import { networkAt } from "./support/office.js";
import { standardLab } from "../support/standard-lab.js";

const lab = await standardLab();
afterEach(() => {
  lab.mtls.fault = undefined;
  lab.api.fault = undefined;
});

async function echo({ fetch }: Network, url: string, init?: RequestInit): Promise<LabEcho> {
  return (await (await fetch(url, init)).json()) as LabEcho;
}

/** Makes an origin hang up on the next request it gets, and serve again from then on. */
function hangUpOnce(origin: LabOrigin = lab.mtls): void {
  origin.fault = "close-before-answer";
  const known = lab.log.events.length;
  void lab.log
    .waitFor((event) => event.kind === "request" && event.by === origin.name && lab.log.events.indexOf(event) >= known)
    .then(() => {
      origin.fault = undefined;
    });
}

/** Drops the connection that was used last, and waits until its end has come through the proxy and been answered by the client. */
async function tunnelDropped(): Promise<void> {
  const tunnel = lab.log.of(lab.basic.name, "connect").at(-1)?.connection;
  lab.mtls.dropConnections();
  await lab.log.waitFor(
    (event) => event.by === lab.basic.name && event.kind === "close" && event.connection === tunnel,
  );
}

const versions = [
  ["HTTP/2", true],
  ["HTTP/1.1", false],
] as const;

describe.each(versions)("over %s through a tunnel", (_name, allowH2) => {
  let network: Network;
  beforeEach(async () => {
    network = await networkAt(lab, lab.basic, { dispatcher: { allowH2 } });
  });
  afterEach(() => network.destroy());

  test("requests one after the other share one connection", async () => {
    for (let count = 0; count < 5; count++)
      await echo(network, lab.mtls.url, count % 2 === 0 ? {} : { method: "POST", body: "x" });
    expect(lab.log.of(lab.basic.name, "connect")).toHaveLength(1);
  });

  test.each(["GET", "POST"])(
    "a tunnel that was closed between two requests is replaced before a %s is sent",
    async (method) => {
      await echo(network, lab.mtls.url);
      await tunnelDropped();
      const second = await echo(network, lab.mtls.url, method === "POST" ? { method, body: "once" } : {});
      expect(second).toMatchObject({ method, peer: "alice" });
      expect(lab.log.of(lab.mtls.name, "request").map((event) => event.method)).toEqual(["GET", method]);
    },
  );

  test("a GET whose kept connection dies under it is sent once more, on a new one", async () => {
    await echo(network, lab.mtls.url);
    hangUpOnce();
    expect(await echo(network, lab.mtls.url)).toMatchObject({ method: "GET", peer: "alice" });
    expect(lab.log.of(lab.mtls.name, "request")).toHaveLength(3);
    expect(lab.log.of(lab.basic.name, "connect")).toHaveLength(2);
  });

  test("a GET is sent once more, and not for ever", async () => {
    await echo(network, lab.mtls.url);
    lab.mtls.fault = "close-before-answer";
    const error = await echo(network, lab.mtls.url).catch((reason: unknown) => reason);
    expect(["HTTP_CLOSED", "CLIENT_CERT_REJECTED"]).toContain(findConnectError(error)?.code);
    expect(lab.log.of(lab.mtls.name, "request")).toHaveLength(3);
  });

  test.each([
    ["fetch with a body", () => echo(network, lab.mtls.url, { method: "POST", body: "pay" })],
    ["fetch without one", () => echo(network, lab.mtls.url, { method: "POST" })],
    [
      "undici.request",
      () => undici.request(lab.mtls.url, { dispatcher: network.dispatcher, method: "POST", body: "pay" }),
    ],
  ])(
    "a POST (%s) whose kept connection dies under it fails: the server may have acted on it",
    async (_client, post) => {
      await echo(network, lab.mtls.url);
      hangUpOnce();
      const error = await post().catch((reason: unknown) => reason);
      expect(findConnectError(error)).toMatchObject({ code: "HTTP_CLOSED", hop: "target" });
      expect(lab.log.of(lab.mtls.name, "request").map(({ method }) => method)).toEqual(["GET", "POST"]);
    },
  );

  test("a GET that fails on a new connection is not sent again", async () => {
    hangUpOnce(lab.api);
    const error = await echo(network, lab.api.url).catch((reason: unknown) => reason);
    expect(findConnectError(error)).toMatchObject({ code: "HTTP_CLOSED", hop: "target" });
    expect(lab.log.of(lab.api.name, "request")).toHaveLength(1);
  });

  test("an answer that had begun is never asked for again", async () => {
    await echo(network, lab.mtls.url);
    lab.mtls.fault = "cut-body";
    const response = await network.fetch(lab.mtls.url);
    await expect(response.text()).rejects.toThrow("terminated");
    expect(lab.log.of(lab.mtls.name, "request")).toHaveLength(2);
  });
});

test("a server that closes after each answer without saying so is asked again for GET", async () => {
  await using network = await networkAt(lab, lab.basic, { dispatcher: { allowH2: false } });
  lab.mtls.fault = "close-after-answer";
  for (let count = 0; count < 5; count++) expect(await echo(network, lab.mtls.url)).toMatchObject({ peer: "alice" });
});

test("node:https does not use a kept connection that was closed meanwhile", async () => {
  await using network = await networkAt(lab, lab.basic);
  expect((await nodeRequest(network, lab.mtls.url)).reused).toBe(false);
  expect((await nodeRequest(network, lab.mtls.url)).reused).toBe(true);
  await tunnelDropped();
  const third = await nodeRequest(network, lab.mtls.url, { method: "POST", body: "once" });
  expect(third).toMatchObject({ status: 200, reused: false });
  expect(lab.log.of(lab.mtls.name, "request").map(({ method }) => method)).toEqual(["GET", "GET", "POST"]);
});

test("fifty requests at a time share one HTTP/2 session through one tunnel", async () => {
  await using network = await networkAt(lab, lab.overTls);
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      echo(network, `${lab.mtls.url}/${index}`, index % 2 === 0 ? {} : { method: "POST", body: String(index) }),
    ),
  );
  expect(answers.map(({ url }) => url)).toEqual(answers.map((_, index) => `/${index}`));
  expect(lab.log.of(lab.mtls.name, "accept")).toHaveLength(1);
  expect(lab.log.of(lab.overTls.name, "connect")).toHaveLength(1);
});

test("over HTTP/2 a POST does not wait for the stream that another POST is reading", async () => {
  const network = await networkAt(lab, lab.basic);
  lab.mtls.fault = "stalled-stream";
  const streaming = await network.fetch(`${lab.mtls.url}/sse`, { method: "POST", body: "x" });
  lab.mtls.fault = undefined;
  expect(await echo(network, lab.mtls.url, { method: "POST", body: "y" })).toMatchObject({ method: "POST" });
  expect(lab.log.of(lab.basic.name, "connect")).toHaveLength(1);
  await network.destroy();
  await expect(streaming.text()).rejects.toThrow("terminated");
});

test("networks with different identities never share a connection, and each shows its own", async () => {
  const origin = await lab.origin({ clientCertificate: "asked" });
  const alice = await networkAt(lab, lab.basic);
  const nobody = await networkAt(lab, lab.basic, { clientCertificate: false });
  const seen: (string | null)[] = [];
  for (const network of [alice, nobody, alice, nobody]) seen.push((await echo(network, origin.url)).peer);
  expect(seen).toEqual(["alice", null, "alice", null]);
  expect(lab.log.of(lab.basic.name, "connect")).toHaveLength(2);
  // A resumed session would carry the other's identity.
  expect(lab.log.of(origin.name, "tls").map(({ peer, resumed }) => [peer, resumed])).toEqual([
    ["alice", false],
    [undefined, false],
  ]);
  await alice.close();
  await nobody.close();
});

test("an identity that names its hosts is shown to those alone", async () => {
  const { cert, key } = lab.files.client;
  const [named, other] = [
    await lab.origin({ clientCertificate: "asked" }),
    await lab.origin({ clientCertificate: "asked" }),
  ];
  await using network = await networkAt(lab, lab.basic, {
    clientCertificate: false,
    identities: [{ name: "work", hosts: [named.name], cert, key }],
  });
  expect((await echo(network, named.url)).peer).toBe("alice");
  expect((await echo(network, other.url)).peer).toBeNull();
  expect(JSON.parse((await nodeRequest(network, named.url)).body)).toMatchObject({ peer: "alice" });
  expect(JSON.parse((await nodeRequest(network, other.url)).body)).toMatchObject({ peer: null });
});

test("a redirect to another origin takes no login along", async () => {
  await using network = await networkAt(lab, lab.basic);
  const answer = await echo(network, `${lab.plain.url}/redirect?to=${encodeURIComponent(`${lab.api.url}/echo`)}`);
  expect(answer.origin).toBe("api.lab.test");
  expect(answer.headers).not.toHaveProperty("proxy-authorization");
});
