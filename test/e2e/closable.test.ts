import https from "node:https";
import { text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import * as undici from "undici";
import { afterEach, describe, expect, test } from "vitest";
import * as library from "../../src/index.js";
import { labVariables } from "../../src/lab/index.js";
import { standardLab } from "../support/standard-lab.js";

const lab = await standardLab();
afterEach(() => {
  lab.api.fault = undefined;
});

const options = () =>
  ({ source: { variables: labVariables(lab, lab.basic) }, stores: ["bundled"], lookup: lab.lookup }) as const;

interface Closable {
  ask(url: string): Promise<string>;
  /** Lets what is under way finish. */
  close(): PromiseLike<unknown>;
  /** Lets nothing finish. */
  destroy?(): unknown;
}

const faces: Readonly<Record<string, () => Promise<Closable>>> = {
  createFetch: () => {
    const fetch = library.createFetch(options());
    return Promise.resolve({ ask: async (url) => (await fetch(url)).text(), close: () => fetch.close() });
  },
  "createFetch, disposed of": () => {
    const fetch = library.createFetch(options());
    return Promise.resolve({
      ask: async (url) => (await fetch(url)).text(),
      close: () => fetch[Symbol.asyncDispose](),
    });
  },
  "createAgent, disposed of": async () => {
    const agent = await library.createAgent(options());
    return { ask: (url) => get(agent, url), close: () => agent[Symbol.asyncDispose](), destroy: () => agent.destroy() };
  },
  createDispatcher: async () => {
    const dispatcher = await library.createDispatcher({ ...options(), allowH2: false });
    return {
      ask: async (url) => (await undici.request(url, { dispatcher })).body.text(),
      close: () => dispatcher.close(),
      destroy: () => dispatcher.destroy(),
    };
  },
  "createDispatcher, closed with a callback": async () => {
    const dispatcher = await library.createDispatcher({ ...options(), allowH2: false });
    return {
      ask: async (url) => (await undici.request(url, { dispatcher })).body.text(),
      close: () => new Promise<void>((resolve) => dispatcher.close(resolve)),
      destroy: () => new Promise<void>((resolve) => dispatcher.destroy(resolve)),
    };
  },
  "createDispatcher, disposed of": async () => {
    const dispatcher = await library.createDispatcher({ ...options(), allowH2: false });
    return {
      ask: async (url) => (await undici.request(url, { dispatcher })).body.text(),
      close: () => dispatcher[Symbol.asyncDispose](),
      destroy: () => dispatcher.destroy(new Error("enough")),
    };
  },
};

function get(agent: https.Agent, url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    https.get(url, { agent }, (response) => void text(response).then(resolve, reject)).on("error", reject);
  });
}

/** Rejects if the proxy still holds a connection that was opened since the log was cleared. */
async function allClosed(): Promise<void> {
  const opened = lab.log.of(lab.basic.name, "accept");
  expect(opened).not.toEqual([]);
  for (const { connection } of opened) {
    await lab.log.waitFor(
      (event) => event.by === lab.basic.name && event.kind === "close" && event.connection === connection,
    );
  }
}

const slow = (): string => `${lab.api.url}/sse?count=3&interval=50`;

describe.each(Object.entries(faces))("%s", (_name, make) => {
  test("lets the requests under way finish, then closes every connection and takes no more", async () => {
    const face = await make();
    const asked = face.ask(slow());
    await lab.log.waitFor((event) => event.by === lab.api.name && event.kind === "request");
    await face.close();
    expect(await asked).toMatch(/(data:[\s\S]*){3}/);
    await allClosed();
    await expect(face.ask(lab.api.url)).rejects.toThrow(/closed|destroyed|fetch failed/);
  });

  test("can be closed before it was used, and twice", async () => {
    const face = await make();
    await face.close();
    await face.close();
    await expect(face.ask(lab.api.url)).rejects.toThrow(/closed|destroyed|fetch failed/);
    expect(lab.log.of(lab.basic.name, "accept")).toEqual([]);
  });
});

describe.each(Object.entries(faces).slice(2))("%s, destroyed", (_name, make) => {
  test.each([
    ["", async () => undefined],
    [" while it is being closed", (face: Closable) => void face.close()],
  ])("fails what is under way%s, closes every connection and takes no more", async (_when, before) => {
    lab.api.fault = "never-answers";
    const face = await make();
    const asked = face.ask(lab.api.url).catch((error: unknown) => error);
    await lab.log.waitFor((event) => event.by === lab.api.name && event.kind === "request");
    void before(face);
    await setImmediate();
    await face.destroy?.();
    expect(await asked).toBeInstanceOf(Error);
    await allClosed();
    await expect(face.ask(lab.api.url)).rejects.toThrow(/closed|destroyed|fetch failed/);
  });
});

test("a fetch of createFetch may stand in the place of the global one", async () => {
  const native = globalThis.fetch;
  const fetch = library.createFetch(options());
  globalThis.fetch = fetch;
  try {
    expect((await globalThis.fetch(lab.api.url)).status).toBe(200);
  } finally {
    globalThis.fetch = native;
    await fetch.close();
  }
});

test("a network's agents are made once, and are taken as got takes them", async () => {
  await using network = await library.createNetwork(options());
  expect({ ...network.agents }).toEqual({ http: network.agents.http, https: network.agents.https });
  expect(network.agents.https).toBeInstanceOf(https.Agent);
});
