// What a thread gets that asks a server by itself, with options of its own.
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

/** Gives the status, or the code of an error, and whether the thread has the option `--no-warnings`. */
export async function askInWorker(url, options) {
  const hosts = fileURLToPath(new URL("../../support/hosts.cjs", import.meta.url));
  const known = process.env.HOSTS_KNOWN;
  const worker = new Worker(code, { eval: true, workerData: { url, hosts, known }, ...options });
  // Both from the beginning: where a thread is over before its message is read, Node tells of both without a pause between them.
  const [[answer]] = await Promise.all([once(worker, "message"), once(worker, "exit")]);
  return answer;
}
