// Threads with environments and options of Node of their own.
import { SHARE_ENV } from "node:worker_threads";
import { askInWorker } from "../support/in-worker.mjs";

/** Each thread takes its time: with others the process would last too long. */
export const needs = { alone: true, starts: 10 };

export async function program({ urls, say }) {
  const execArgv = ["--no-warnings"];
  const argv = ["one"];
  const before = Object.keys(Object.getOwnPropertyDescriptors(Object.prototype)).length;
  const env = { NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS };
  const ways = {
    nothing: {},
    "an empty environment": { env: {} },
    "an environment": { env },
    "all of ours": { env: { ...process.env } },
    options: { execArgv },
    "an environment and options": { env: {}, execArgv },
    "an environment and arguments": { env: {}, argv },
    "an environment, options and arguments": { env: {}, execArgv, argv },
    "no options of Node": { execArgv: [] },
    "the same environment": { env: SHARE_ENV },
    "the same environment and options": { env: SHARE_ENV, execArgv },
  };
  for (const [name, options] of Object.entries(ways))
    say(name, await askInWorker(`${urls.secure}/echo?${name.replaceAll(/[ ,:]+/g, "-")}`, options));
  say("the program's own", Object.keys(env));
  say("nothing stays", Object.keys(Object.getOwnPropertyDescriptors(Object.prototype)).length === before);
}
