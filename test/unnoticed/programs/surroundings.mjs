// What a program set up round its requests: contexts, a fetch of its own in the place of the built-in one, things that are frozen.
import { AsyncLocalStorage, createHook, executionAsyncId } from "node:async_hooks";
import { once } from "node:events";
import http from "node:http";
import https from "node:https";

/** It freezes what others use, and is to end by itself. */
export const needs = { alone: true };

const flow = new AsyncLocalStorage();

export async function program({ urls, say }) {
  // Before the first request of all; the others once they are in use.
  Object.freeze(https.Agent.prototype);
  for (const [kind, client] of Object.entries({ secure: https, plain: http })) {
    const text = async (path = "echo", method = "GET") => (await fetch(`${urls[kind]}/${path}`, { method })).text();
    // The second one goes on the first one's connection.
    for (const name of ["one", "two"]) {
      say(`${kind} contexts of fetch`, await flow.run(name, contexts, text));
      say(`${kind} contexts of a request`, await flow.run(name, ask, client, `${urls[kind]}/echo`));
    }
    say(`${kind} under hooks`, await underHooks(text));
    say(`${kind} wrapped`, await wrapped(text));
  }
  const { fetch: builtIn } = globalThis;
  for (const prototype of [http.Agent.prototype, http.ClientRequest.prototype, builtIn]) Object.freeze(prototype);
  Object.defineProperty(globalThis, "fetch", { value: builtIn, writable: false, configurable: false });
  for (const [kind, client] of Object.entries({ secure: https, plain: http })) {
    say(`${kind} frozen`, [await (await fetch(`${urls[kind]}/echo`)).text(), await ask(client, `${urls[kind]}/echo`)]);
    const agent = new client.Agent({ keepAlive: true });
    say(`${kind} frozen, own agent`, await ask(client, `${urls[kind]}/echo`, { agent }));
  }
  process.on("beforeExit", () => say("ends by itself"));
}

async function contexts(text) {
  const seen = [flow.getStore()];
  await text().then(() => seen.push(flow.getStore()));
  await text("hang-up", "POST").catch(() => seen.push(flow.getStore()));
  return seen;
}

async function ask(client, url, options = {}) {
  const seen = [];
  const note = (what) => seen.push(`${what} ${flow.getStore()}`);
  const request = client.get(url, options);
  for (const event of ["socket", "response", "close"]) request.on(event, () => note(event));
  const [response] = await once(request, "response");
  response.on("data", () => note("data"));
  await once(response, "close");
  return seen.filter((each) => !each.startsWith("close"));
}

async function underHooks(text) {
  let made = 0;
  const hook = createHook({ init: () => made++ }).enable();
  const answer = await text();
  hook.disable();
  return [answer, made > 0, executionAsyncId() > 0];
}

async function wrapped(text) {
  const { fetch: builtIn } = globalThis;
  const inputs = [];
  globalThis.fetch = (input, init) => {
    inputs.push(typeof input);
    return builtIn(input, init);
  };
  const answer = await text();
  globalThis.fetch = builtIn;
  return [answer, inputs];
}
