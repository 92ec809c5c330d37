// Programs in contexts of their own (node:vm), and tools that put their functions around Node's.
import EventEmitter from "node:events";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import { Duplex } from "node:stream";
import tls from "node:tls";
import vm from "node:vm";

/** It wraps and freezes what others use. */
export const needs = { alone: true };

export async function program({ urls, say }) {
  const clients = { secure: https, plain: http };
  for (const [kind, client] of Object.entries(clients)) {
    const context = vm.createContext({ fetch, client, URL, url: `${urls[kind]}/echo` });
    // Its objects are no instances of this context's Object, Array and Error.
    const asked = await vm.runInContext(
      `fetch(url, { method: "POST", headers: [["x-own", "1"]], body: "text" })`,
      context,
    );
    say(`${kind}, fetch of a context`, [asked.status, await asked.json()]);
    const { hostname, port, pathname } = new URL(`${urls[kind]}/echo`);
    Object.assign(context, { place: JSON.stringify({ hostname, port, path: pathname }) });
    const made = (text) => vm.runInContext(text, context);
    say(
      `${kind}, options of a context`,
      await answered(made("client.get({ ...JSON.parse(place), headers: { 'x-own': '1' } })")),
    );
    say(
      `${kind}, agent of a context`,
      await answered(made("client.get(url, { agent: new client.Agent(JSON.parse('{}')) })")),
    );
    const own = "client.request(url, { method: 'POST' }).end(new Uint8Array([1, 2, 3]))";
    say(`${kind}, bytes of a context`, await answered(made(own)));
  }
  const calls = {};
  wrap(http.Agent.prototype, "addRequest", calls);
  wrap(http.Agent.prototype, "createSocket", calls);
  wrap(http.Agent.prototype, "createConnection", calls);
  wrap(http.ClientRequest.prototype, "onSocket", calls);
  wrap(EventEmitter.prototype, "emit", {});
  for (const [kind, client] of Object.entries(clients)) {
    say(`${kind}, wrapped`, await answered(client.get(`${urls[kind]}/echo`)));
    const agent = new client.Agent({ keepAlive: true });
    say(`${kind}, wrapped, own agent`, await answered(client.get(`${urls[kind]}/echo`, { agent })));
    agent.destroy();
  }
  say("called", calls);
  for (const { prototype } of [Duplex, net.Socket, tls.TLSSocket, http.Agent, https.Agent]) Object.freeze(prototype);
  for (const [kind, client] of Object.entries(clients)) {
    say(`${kind}, frozen`, await answered(client.get(`${urls[kind]}/echo`)));
    const agent = new client.Agent({ keepAlive: true });
    say(`${kind}, frozen, own agent`, await answered(client.get(`${urls[kind]}/echo`, { agent })));
    say(`${kind}, frozen, fetch`, (await fetch(`${urls[kind]}/echo`)).status);
    agent.destroy();
  }
}

/** As instruments do: whoever calls it is counted. */
function wrap(prototype, name, calls) {
  const { [name]: before } = prototype;
  calls[name] = 0;
  prototype[name] = function (...given) {
    calls[name]++;
    return before.apply(this, given);
  };
}

function answered(request) {
  return new Promise((resolve) => {
    request.on("response", (response) => {
      response.resume();
      response.on("close", () => resolve(response.statusCode));
    });
    request.on("error", ({ name, code }) => resolve([name, code]));
  });
}
