// Sends requests by each client and says how much memory is in use then: `node --expose-gc many-requests.mjs COUNT SECURE PLAIN LOOPBACK`.
import { once } from "node:events";
import http from "node:http";
import https from "node:https";

const [count, secure, plain, loopback] = process.argv.slice(2);
const agents = { "https:": new https.Agent({ keepAlive: true }), "http:": new http.Agent({ keepAlive: true }) };
const client = (url) => (url.startsWith("https:") ? https : http);

async function ask(url, options) {
  const [response] = await once(client(url).get(url, options), "response");
  await once(response.resume(), "close");
}

const ways = {
  "node:https": () => ask(secure, { agent: agents["https:"] }),
  "node:http": () => ask(plain, { agent: agents["http:"] }),
  "node:http, this machine": () => ask(loopback, { agent: agents["http:"] }),
  "node:http, new connections to this machine": () => ask(loopback, { agent: false }),
  fetch: async () => (await fetch(secure)).arrayBuffer(),
  "fetch, plain": async () => (await fetch(plain)).arrayBuffer(),
};

/** Bytes in use once all that can be freed is. */
async function used() {
  for (let turn = 0; turn < 3; turn++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return process.memoryUsage().heapUsed;
}

async function many(way, times) {
  for (let done = 0; done < times; done += 20) await Promise.all(Array.from({ length: 20 }, way));
}

const share = Math.ceil(Number(count) / Object.keys(ways).length);
const grown = {};
for (const [name, way] of Object.entries(ways)) {
  // What is kept once, code above all, is there then.
  await many(way, Math.ceil(share / 10));
  const before = await used();
  await many(way, share);
  grown[name] = (await used()) - before;
}
process.stdout.write(JSON.stringify(grown));
process.exit();
