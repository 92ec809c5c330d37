// Threads with environments and options of Node of their own.
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

const code = `
const { parentPort, workerData } = require("node:worker_threads");
// Of an environment of its own a thread would take the machine's own resolver, and ask it.
Object.assign(process.env, { HOSTS_KNOWN: workerData.known });
delete require.cache[workerData.hosts];
require(workerData.hosts);
const https = require("node:https");
https.get(workerData.url, (response) => {
  response.resume();
  parentPort.postMessage([response.statusCode, process.execArgv.includes("--no-warnings")]);
}).on("error", ({ code }) => parentPort.postMessage([code]));
`;

export async function program({ urls, say }) {
  const before = Object.keys(Object.getOwnPropertyDescriptors(Object.prototype)).length;
  const env = { NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS };
  const ways = {
    nothing: {},
    "an empty environment": { env: {} },
    "an environment": { env },
    "all of ours": { env: { ...process.env } },
    options: { execArgv: ["--no-warnings"] },
    "an environment and options": { env: {}, execArgv: ["--no-warnings"] },
    "an environment and arguments": { env: {}, argv: ["one"] },
  };
  const hosts = fileURLToPath(new URL("../../support/hosts.cjs", import.meta.url));
  const known = process.env.HOSTS_KNOWN;
  for (const [name, options] of Object.entries(ways)) {
    const url = `${urls.secure}/echo?${name.replaceAll(" ", "-")}`;
    const worker = new Worker(code, { eval: true, workerData: { url, hosts, known }, ...options });
    const [answer] = await once(worker, "message");
    say(name, answer);
    await once(worker, "exit");
  }
  say("the program's own", Object.keys(env));
  say("nothing stays", Object.keys(Object.getOwnPropertyDescriptors(Object.prototype)).length === before);
}
