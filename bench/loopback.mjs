/** What the preload costs requests to this machine itself, which it leaves alone: against the same program without it, turn by turn. */
import { fork } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import { fileURLToPath } from "node:url";
import { median } from "./statistics.mjs";
import { atMost, targets } from "./targets.mjs";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const counts = { "node:http": 400, "node:http, new connections": 150, fetch: 250 };

/** @returns {Promise<object[]>} a row for each client: microseconds of processor time a request without, with, and how many times as much */
export async function measureLoopback({ command, rounds, env, preload }) {
  const server = http.createServer((_request, response) => response.end("ok")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${server.address().port}/`;
  const start = (execArgv) => fork(here("loopback-client.mjs"), { execPath: command, execArgv, env });
  const programs = { bare: start([]), preloaded: start(["--require", preload]) };
  try {
    const rows = [];
    for (const [client, count] of Object.entries(counts)) {
      const samples = { bare: [], preloaded: [] };
      const ask = async (which) => {
        programs[which].send({ client, url, count });
        const [{ microseconds }] = await once(programs[which], "message");
        return microseconds / count;
      };
      // Until both are compiled.
      for (let warm = 0; warm < 5; warm++)
        await ask(warm % 2 === 0 ? "bare" : "preloaded").then(() => ask(warm % 2 === 0 ? "preloaded" : "bare"));
      for (let round = 0; round < rounds; round++) {
        // Who comes first takes turns: the machine gets warmer.
        for (const which of round % 2 === 0 ? ["bare", "preloaded"] : ["preloaded", "bare"])
          samples[which].push(await ask(which));
      }
      const ratio = median(samples.preloaded.map((us, round) => us / samples.bare[round]));
      rows.push({
        name: client,
        bare: median(samples.bare),
        preloaded: median(samples.preloaded),
        ratio,
        verdict: atMost(ratio, targets.loopback),
      });
    }
    return rows;
  } finally {
    for (const program of Object.values(programs)) program.disconnect();
    server.close();
    server.closeAllConnections();
  }
}
