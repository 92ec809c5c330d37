/** What the preload costs requests to this machine itself, which it leaves alone: against the same program without it, turn by turn. */
import { fork } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import { fileURLToPath } from "node:url";
import { median, ratioOf } from "./statistics.mjs";
import { atMostWithin, targets } from "./targets.mjs";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const counts = { "node:http": 400, "node:http, new connections": 150, fetch: 250 };

/** One program costs a few per cent more or less than the same started again: so many times are they started, and compared. */
const starts = 12;
/** Of the rounds of the whole, which all starts share. */
const share = 4;

/**
 * @returns {Promise<object[]>} a row for each client: microseconds of processor time a request without and with the preload, how many times as much,
 *   between which bounds that is, and the same of the program without it against itself, which shows what this machine can tell apart
 */
export async function measureLoopback({ command, rounds, env, preload }) {
  const server = http.createServer((_request, response) => response.end("ok")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${server.address().port}/`;
  const options = { bare: [], preloaded: ["--require", preload], again: [] };
  const samples = new Map(Object.keys(counts).map((client) => [client, []]));
  try {
    for (let time = 0; time < starts; time++) {
      const programs = turned(Object.keys(options), time).map((name) => [
        name,
        fork(here("loopback-client.mjs"), { execPath: command, execArgv: options[name], env }),
      ]);
      try {
        for (const client of samples.keys())
          samples.get(client).push(await measureTogether(programs, client, url, Math.ceil(rounds / share)));
      } finally {
        for (const [, program] of programs) program.disconnect();
      }
    }
  } finally {
    server.close();
    server.closeAllConnections();
  }
  return [...samples].map(([name, measured]) => {
    const of = (which) => measured.map((each) => each[which]);
    const [known, same] = ["preloaded", "again"].map((which) =>
      ratioOf(measured.map((each) => each[which] / each.bare)),
    );
    const verdict = atMostWithin(known, targets.loopback);
    return { name, bare: median(of("bare")), preloaded: median(of("preloaded")), ...known, same, verdict };
  });
}

/** In the order in which they were started, and another one each time: the machine gets warmer. */
const turned = (all, time) => [...all.slice(time % all.length), ...all.slice(0, time % all.length)];

/** Turn by turn, so that what disturbs the machine disturbs all. @returns the median of each */
async function measureTogether(programs, client, url, rounds) {
  const count = counts[client];
  const measured = new Map(programs.map(([name]) => [name, []]));
  // The first until all are compiled.
  for (let round = -5; round < rounds; round++) {
    for (const [name, program] of turned(programs, round + 5)) {
      program.send({ client, url, count });
      const [{ microseconds }] = await once(program, "message");
      if (round >= 0) measured.get(name).push(microseconds / count);
    }
  }
  return Object.fromEntries([...measured].map(([name, all]) => [name, median(all)]));
}
