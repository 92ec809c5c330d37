// What a thread gets that asks a server by itself, with options of its own.
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

const code = `
const { createRequire } = process.getBuiltinModule("node:module");
const { parentPort, workerData } = process.getBuiltinModule("node:worker_threads");
// Of an environment of its own a thread would take the machine's own resolver, and ask it.
Object.assign(process.env, { HOSTS_KNOWN: workerData.known });
const load = createRequire(workerData.hosts);
delete load.cache[workerData.hosts];
load(workerData.hosts);
load("node:https").get(workerData.url, (response) => {
  response.resume();
  parentPort.postMessage([response.statusCode, process.execArgv.includes("--no-warnings"), process.argv.slice(2)]);
}).on("error", ({ code }) => parentPort.postMessage([code]));
`;

/** A thread that makes the thread, and passes on what that says. */
const within = `
const { once } = process.getBuiltinModule("node:events");
const { parentPort, Worker, workerData } = process.getBuiltinModule("node:worker_threads");
once(new Worker(workerData.code, { eval: true, workerData, ...workerData.inner }), "message").then(([answer]) => parentPort.postMessage(answer));
`;

/** How a thread is made. */
const forms = {
  text: (Kind, options) => new Kind(code, { eval: true, ...options }),
  "data:": (Kind, options) => new Kind(new URL(`data:text/javascript,${encodeURIComponent(code)}`), options),
  thread: (Kind, { workerData, ...inner }) =>
    new Kind(within, { eval: true, ...inner, workerData: { ...workerData, code, inner } }),
  frozen: (Kind, options) => new Kind(code, Object.freeze({ eval: true, ...options })),
  "no prototype": (Kind, options) => new Kind(code, Object.assign(Object.create(null), { eval: true, ...options })),
  inherited: (Kind, options) => new Kind(code, Object.create({ eval: true, ...options })),
};
export const formNames = Object.keys(forms);

/** Gives the status, or the code of an error, whether the thread has the option `--no-warnings`, and its arguments. */
export async function askInWorker(url, options, form = "text", Kind = Worker) {
  const hosts = fileURLToPath(new URL("../../support/hosts.cjs", import.meta.url));
  const known = process.env.HOSTS_KNOWN;
  const worker = forms[form](Kind, { workerData: { url, hosts, known }, ...options });
  // Both from the beginning: where a thread is over before its message is read, Node tells of both without a pause between them.
  const [[answer]] = await Promise.all([once(worker, "message"), once(worker, "exit")]);
  return answer;
}
