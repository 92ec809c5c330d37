import { once } from "node:events";
import https from "node:https";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Network } from "../../../src/clients/index.js";
import { startStandardLab, type LabEcho, type StandardLab } from "../../../src/lab/index.js";
import { nodeRequest } from "../support/clients.js";
import { networkAt } from "../support/office.js";
import { issue, Mount } from "./support/rotating.js";

let lab: StandardLab;
let mount: Mount;
let network: Network;
beforeAll(async () => {
  lab = await startStandardLab();
});
afterAll(() => lab.close());
beforeEach(async () => {
  mount = await Mount.make(lab, await issue(lab, "first"));
  lab.log.clear();
});
afterEach(() => network.destroy());

const start = async (options: Parameters<typeof networkAt>[2] = {}): Promise<void> => {
  network = await networkAt(lab, lab.basic, { clientCertificate: false, ...mount.paths, ...options });
};

async function rotate(name: string): Promise<void> {
  await mount.put("by turning a link", await issue(lab, name));
  await network.reload();
}

type Ask = (url: string) => Promise<LabEcho>;

const askers: Readonly<Record<string, { readonly options?: Parameters<typeof networkAt>[2]; readonly ask: Ask }>> = {
  "fetch over HTTP/2": { ask: async (url) => (await (await network.fetch(url)).json()) as LabEcho },
  "fetch over HTTP/1.1": {
    options: { dispatcher: { allowH2: false } },
    ask: async (url) => (await (await network.fetch(url)).json()) as LabEcho,
  },
  "node:https": { ask: async (url) => JSON.parse((await nodeRequest(network, url)).body) as LabEcho },
};

/** Connections of the mTLS origin that are closed. */
const closed = (): readonly number[] => lab.log.of(lab.mtls.name, "close").map(({ connection }) => connection);
const closing = (number: number): Promise<unknown> =>
  lab.log.waitFor(
    (event) => event.by === lab.mtls.name && event.kind === "close" && event.connection === number,
    15_000,
  );

describe.each(Object.entries(askers))("%s", (_name, { options, ask }) => {
  beforeEach(() => start(options));

  test("shows the new certificate after a reload, on a new connection, and the idle old one is closed", async () => {
    const before = await ask(lab.mtls.url);
    expect(await ask(lab.mtls.url)).toMatchObject({ peer: "first", connection: before.connection });
    await rotate("second");
    await closing(before.connection);
    const after = await ask(lab.mtls.url);
    expect(after).toMatchObject({ peer: "second", tls: { resumed: false } });
    expect(after.connection).not.toBe(before.connection);
    expect(await ask(lab.mtls.url)).toMatchObject({ peer: "second", connection: after.connection });
  });

  test("finishes a request under way on the connection that it has, which is closed then", async () => {
    const slow = ask(`${lab.mtls.url}/slow?ms=600`);
    await lab.log.waitFor((event) => event.by === lab.mtls.name && event.kind === "request");
    await rotate("second");
    expect(await ask(lab.mtls.url)).toMatchObject({ peer: "second" });
    const { peer, connection } = await slow;
    expect(peer).toBe("first");
    await closing(connection);
    expect(await ask(lab.mtls.url)).toMatchObject({ peer: "second" });
  });

  test("goes on with the old one where the new one cannot be used", async () => {
    const before = await ask(lab.mtls.url);
    await mount.put("by turning a link", { ...(await issue(lab, "second")), key: (await issue(lab, "other")).key });
    await expect(network.reload()).rejects.toMatchObject({ code: "CERT_KEY_MISMATCH" });
    expect(await ask(lab.mtls.url)).toMatchObject({ peer: "first", connection: before.connection });
    expect(closed()).toEqual([]);
  });
});

describe.each([true, false])("an answer that goes on for long (HTTP/2: %s)", (allowH2) => {
  test("is not cut short by a reload, and takes no new request along", async () => {
    await start({ dispatcher: { allowH2 } });
    const stream = await network.fetch(`${lab.mtls.url}/sse?count=20&interval=40`);
    await rotate("second");
    const other = (await (await network.fetch(lab.mtls.url)).json()) as LabEcho;
    expect(other.peer).toBe("second");
    expect((await stream.text()).match(/"of":20/g)).toHaveLength(20);
    const [first] = lab.log.of(lab.mtls.name, "request");
    await closing(first?.connection ?? 0);
  });
});

test("a request that waits for its connection while the settings change is answered", async () => {
  await start();
  const ask = async (): Promise<LabEcho> => (await (await network.fetch(lab.mtls.url)).json()) as LabEcho;
  const asked = Promise.all(Array.from({ length: 5 }, ask));
  await rotate("second");
  expect((await asked).map(({ origin }) => origin)).toEqual(Array.from({ length: 5 }, () => lab.mtls.name));
  expect(await ask()).toMatchObject({ peer: "second" });
});

test("a WebSocket stays open", async () => {
  await start();
  const socket = new network.WebSocket(lab.mtls.url.replace("https:", "wss:"));
  await once(socket as unknown as EventTarget, "open");
  await rotate("second");
  const heard = once(socket as unknown as EventTarget, "message");
  socket.send("still there");
  expect(((await heard)[0] as { data: unknown }).data).toBe("still there");
  socket.close();
});

test("authorities are taken from their files again", async () => {
  const ca = join(mount.folder, "ca.pem");
  await writeFile(ca, lab.authorities.other.cert);
  await start({ trust: false, ca });
  await expect(network.fetch(lab.mtls.url)).rejects.toThrow("fetch failed");
  await writeFile(ca, lab.authorities.root.cert);
  await network.reload();
  expect(await (await network.fetch(lab.mtls.url)).json()).toMatchObject({ peer: "first" });
});

test("a login that a proxy has refused is not tried again because other settings are loaded", async () => {
  const proxy = await lab.proxy({ login: { username: "alice", password: "right" } });
  await start({ proxy: { url: proxy.url, username: "alice", password: "wrong" } });
  await expect(network.fetch(lab.mtls.url)).rejects.toThrow("fetch failed");
  await rotate("second");
  await expect(network.fetch(lab.mtls.url)).rejects.toThrow("fetch failed");
  expect(lab.log.of(proxy.name, "connect").filter(({ authorization }) => authorization !== undefined)).toHaveLength(1);
  await proxy.close();
});

test("a network that is closed is not changed any more", async () => {
  await start();
  const agent = network.agents.https;
  await network.close();
  await mount.put("by turning a link", await issue(lab, "second"));
  await network.reload();
  expect(network.identities.origins[0]?.subject).toBe("CN=first");
  expect(agent).toBeInstanceOf(https.Agent);
});
