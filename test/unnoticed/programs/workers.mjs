// Threads with environments and options of Node of their own.
import { askInWorker } from "../support/in-worker.mjs";

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
  for (const [name, options] of Object.entries(ways))
    say(name, await askInWorker(`${urls.secure}/echo?${name.replaceAll(" ", "-")}`, options));
  say("the program's own", Object.keys(env));
  say("nothing stays", Object.keys(Object.getOwnPropertyDescriptors(Object.prototype)).length === before);
}
