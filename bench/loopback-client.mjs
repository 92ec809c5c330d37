// Asks a server of this machine as often as it is told to, with and without the preload by turns, and says what that cost.
import { once } from "node:events";
import { createRequire } from "node:module";
import { Patches } from "./patches.mjs";

const require = createRequire(import.meta.url);
const [, , name, preload, url] = process.argv;
const ways = ["bare", "preloaded", "again"];

/** By the way, since each keeps the connections that it has opened. */
const clients = {
  async "node:http"() {
    const { default: http } = await import("node:http");
    const agents = Object.fromEntries(ways.map((way) => [way, new http.Agent({ keepAlive: true })]));
    return { count: 1500, ask: (way) => askHttp(http, agents[way], "end") };
  },
  async "node:http, new connections"() {
    const { default: http } = await import("node:http");
    return { count: 800, ask: () => askHttp(http, false, "close") };
  },
  // Not loaded by the time that the preload is: as it hands Node's own dispatcher what goes to this machine.
  fetch: () => ({ count: 800, ask: async () => (await fetch(url)).arrayBuffer() }),
};

async function askHttp(http, agent, end) {
  const request = http.get(url, { agent });
  const [response] = await once(request, "response");
  response.resume();
  await once(response, end);
}

const { count, ask } = await clients[name]();
const patches = await Patches.of(
  name === "fetch" ? [] : ["node:http", "node:https", "node:net", "node:tls"],
  async () => {
    require(preload);
    // What it puts in place it puts there by and by.
    for (const way of ways) await ask(way);
  },
);

process.on("message", async ({ rounds }) => {
  const measured = Object.fromEntries(ways.map((way) => [way, []]));
  for (let round = -1; round < rounds; round++) {
    const shift = (round + 1) % ways.length;
    const turned = [...ways.slice(shift), ...ways.slice(0, shift)];
    for (const way of round % 2 === 0 ? turned : turned.toReversed()) {
      patches.set(way === "preloaded");
      // What was compiled for other functions is compiled again.
      for (let done = 0; done < count; done++) await ask(way);
      // Not how long it took: what others do on the machine would be in it.
      const start = process.cpuUsage();
      for (let done = 0; done < count; done++) await ask(way);
      const { user, system } = process.cpuUsage(start);
      if (round >= 0) measured[way].push((user + system) / count);
    }
  }
  process.send({ measured });
});
process.send({});
