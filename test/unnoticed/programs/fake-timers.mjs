// A test that fakes the timers and stops the time before the first request: that is the program's time, and nobody else's.
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import { mock } from "node:test";
import timers from "node:timers";
import { askedOn } from "../support/http2.mjs";

/** Nothing has been asked for yet, and the time stands for all who come. */
export const needs = { alone: true };

export async function program({ urls, say }) {
  for (const [kind, fake] of Object.entries({ "node:test": byNode, "in their place": inTheirPlace }))
    await withFake({ urls, say }, kind, fake);
  say("and goes on", Date.now() > 1e12);
}

/** @param fake puts its timers in the place of the real ones */
export async function withFake({ urls, say }, kind, fake) {
  const { asked, restore } = fake();
  for (const [name, client] of Object.entries({ secure: https, plain: http })) {
    const agent = new client.Agent({ keepAlive: true });
    say(`${kind}: ${name}`, [await ask(client, urls[name]), await ask(client, urls[name], { agent })]);
    say(`${kind}: ${name}, reused`, await ask(client, urls[name], { agent }));
    say(`${kind}: ${name}, fetch`, (await fetch(`${urls[name]}/echo`)).status);
    say(`${kind}: ${name}, fetch again`, await (await fetch(`${urls[name]}/echo`, { method: "POST" })).json());
    agent.destroy();
  }
  say(`${kind}: session`, await askedOn(http2.connect(urls.both), urls.both));
  say(`${kind}: cut short`, await ask(https, urls.secure, {}, "hang-up"));
  const at = [Date.now(), new Date().getTime()];
  restore();
  say(`${kind}: the time`, at);
  say(`${kind}: asked by requests`, asked);
}

function byNode() {
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "setImmediate", "Date"] });
  return { asked: [], restore: () => mock.timers.reset() };
}

/** As libraries for it do: whoever asks is noted, and waits for ever. fetch asks for timers of its own, which are not counted. */
function inTheirPlace() {
  const asked = [];
  const before = {};
  for (const name of ["setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval", "clearImmediate"]) {
    before[name] = globalThis[name];
    const fake = () => {
      const { stack } = new Error("who asks");
      if (!stack.includes("/undici/") && !stack.includes("/deps/undici")) asked.push(name);
      return { ref: () => fake, unref: () => fake, refresh: () => fake };
    };
    globalThis[name] = timers[name] = fake;
  }
  const { Date: RealDate, performance: realPerformance } = globalThis;
  globalThis.Date = class extends RealDate {
    constructor(...given) {
      super(...(given.length === 0 ? [0] : given));
    }
    static now() {
      return 0;
    }
  };
  const restore = () => {
    Object.assign(globalThis, before, { Date: RealDate });
    Object.assign(timers, before);
    Object.defineProperty(globalThis, "performance", { value: realPerformance, configurable: true, writable: true });
  };
  Object.defineProperty(globalThis, "performance", { value: { now: () => 0 }, configurable: true, writable: true });
  return { asked, restore };
}

function ask(client, url, options = {}, path = "echo") {
  return new Promise((resolve) => {
    const request = client.get(`${url}/${path}`, options, (response) => {
      response.resume();
      response.on("close", () => resolve(response.statusCode));
    });
    request.on("error", ({ code }) => resolve(code));
  });
}
