import http from "node:http";
import https, { globalAgent } from "node:https";
import { expect, test } from "vitest";
import * as undici from "undici";
import { install } from "../../src/clients/index.js";
import { labVariables, type LabEcho } from "../../src/lab/index.js";
import { standardLab } from "../support/standard-lab.js";

const lab = await standardLab();

const slots = [Symbol.for("undici.globalDispatcher.1"), Symbol.for("undici.globalDispatcher.2")];

function state(): unknown[] {
  const globals = globalThis as unknown as Record<symbol, unknown>;
  return [
    ...slots.map((slot) => globals[slot]),
    http.globalAgent,
    https.globalAgent,
    globalThis.fetch,
    Object.getOwnPropertyDescriptor(globalThis, "WebSocket"),
  ];
}

function options() {
  return { source: { variables: labVariables(lab, lab.strict) }, lookup: lab.lookup, stores: ["bundled"] } as const;
}

function get(url: string): Promise<LabEcho> {
  return new Promise((resolve, reject) => {
    const { get: ask } = url.startsWith("https:") ? https : http;
    ask(url, (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => (body += chunk.toString()));
      response.on("end", () => resolve(JSON.parse(body) as LabEcho));
    }).on("error", reject);
  });
}

test("a program that knows nothing of it goes out by the policy, and everything is put back afterwards", async () => {
  await fetch("data:,fill the slots");
  const before = state();
  {
    await using installation = await install(options());
    expect(globalAgent).toBe(installation.network.agents.https);
    expect(await (await fetch(lab.mtls.url)).json()).toMatchObject({ peer: "alice" });
    expect(await (await undici.request(lab.mtls.url)).body.json()).toMatchObject({ peer: "alice" });
    expect(await get(lab.mtls.url)).toMatchObject({ peer: "alice" });
    expect(await get(lab.plain.url)).toMatchObject({ origin: "plain.lab.test" });
  }
  expect(state()).toEqual(before);
  expect(globalAgent).toBe(before[3]);
  await expect(fetch(lab.mtls.url)).rejects.toThrow("fetch failed");
});

test.runIf("WebSocket" in globalThis)("the global WebSocket goes out by the policy", async () => {
  await using _installation = await install(options());
  const socket = new WebSocket(lab.mtls.url.replace("https:", "wss:"));
  const said = await new Promise((resolve, reject) => {
    socket.addEventListener("error", reject);
    socket.addEventListener("open", () => socket.send("hello"));
    socket.addEventListener("message", ({ data }) => resolve(data));
  });
  socket.close();
  expect(said).toBe("hello");
  expect(lab.log.of(lab.mtls.name, "request").map(({ peer }) => peer)).toEqual(["alice"]);
});

test("uninstalling twice does not undo what was installed in between", async () => {
  const first = await install(options());
  first.uninstall();
  await using second = await install(options());
  first.uninstall();
  expect(https.globalAgent).toBe(second.network.agents.https);
});

test("unusable settings install nothing", async () => {
  const before = state();
  await expect(install({ ...options(), proxy: "gopher://proxy.test" })).rejects.toMatchObject({
    code: "PROXY_SCHEME_UNSUPPORTED",
  });
  expect(state()).toEqual(before);
});
