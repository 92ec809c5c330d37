/** What the preload costs requests to this machine itself, which it leaves alone: against the same program without it, turn by turn. */
import { fork } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import { fileURLToPath } from "node:url";
import { median, ratioOf } from "./statistics.mjs";
import { atMostWithin, targets } from "./targets.mjs";

const program = fileURLToPath(new URL("loopback-client.mjs", import.meta.url));
const names = ["node:http", "node:http, new connections", "fetch"];

/** Each start of a program lays its code out anew, which is worth a per cent: so many starts, each with a ratio of its own. */
const starts = 8;
/** Of the rounds of the whole, which all starts share. */
const share = 12;

/**
 * @returns {Promise<object[]>} a row for each client: microseconds of processor time a request without and with the preload, how many times as much,
 *   between which bounds that is, and the same of the program without it against itself, which shows what this machine can tell apart
 */
export async function measureLoopback({ command, rounds, env, preload }) {
  const server = http.createServer((_request, response) => response.end("ok")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${server.address().port}/`;
  const samples = new Map(names.map((name) => [name, []]));
  try {
    for (let time = 0; time < starts; time++)
      for (const name of names) {
        const client = fork(program, [name, preload, url], { execPath: command, env });
        try {
          await messageOf(client);
          client.send({ rounds: Math.ceil(rounds / share) });
          samples.get(name).push((await messageOf(client)).measured);
        } finally {
          client.disconnect();
        }
      }
  } finally {
    server.close();
    server.closeAllConnections();
  }
  return names.map((name) => summarize(name, samples.get(name)));
}

async function messageOf(client) {
  const ended = once(client, "exit").then(([status]) => {
    throw new Error(`the client has ended with ${status}`);
  });
  const [message] = await Promise.race([once(client, "message"), ended]);
  ended.catch(() => undefined);
  return message;
}

function summarize(name, all) {
  const of = (way) => median(all.map((measured) => median(measured[way])));
  const ratios = (way) =>
    ratioOf(all.map((measured) => median(measured[way].map((value, round) => value / measured.bare[round]))));
  const known = ratios("preloaded");
  return {
    name,
    bare: of("bare"),
    preloaded: of("preloaded"),
    ...known,
    same: ratios("again"),
    verdict: atMostWithin(known, targets.loopback),
  };
}
