// Threads of a program that has cleaned its environment, and of one that trusts nobody.
import { SHARE_ENV } from "node:worker_threads";
import { askInWorker } from "../support/in-worker.mjs";

/** It takes NODE_OPTIONS away, and freezes what others use. */
export const needs = { alone: true, starts: 6 };

export async function program({ urls, say }) {
  const tell = async (name, options) =>
    say(name, await askInWorker(`${urls.secure}/echo?${name.replaceAll(/[ ,:]+/g, "-")}`, options));
  delete process.env.NODE_OPTIONS;
  await tell("nothing", {});
  const some = [[], ["--no-warnings"]];
  for (const execArgv of some) await tell(`options: ${execArgv.length}`, { execArgv });
  say("stays away", process.env.NODE_OPTIONS);
  for (const execArgv of some) await tell(`the same environment: ${execArgv.length}`, { execArgv, env: SHARE_ENV });
  Object.freeze(Object.prototype);
  await tell("frozen objects", { env: {}, execArgv: ["--no-warnings"], argv: ["one"] });
}
