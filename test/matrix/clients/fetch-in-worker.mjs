import { once } from "node:events";
import { Worker } from "node:worker_threads";

const worker = new Worker(new URL("./fetch.mjs", import.meta.url), { argv: process.argv.slice(2) });
const [status] = await once(worker, "exit");
process.exitCode = status;
