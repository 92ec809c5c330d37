// A program that another one takes the place of, in the same process.
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";

/** Nothing is left of this one. */
export const needs = { alone: true, node: 24, flags: ["--no-warnings"] };

export async function program({ urls, say }) {
  const script = fileURLToPath(new URL("../support/child.mjs", import.meta.url));
  const hosts = fileURLToPath(new URL("../../support/hosts.cjs", import.meta.url));
  const { HOSTS_KNOWN, NODE_EXTRA_CA_CERTS } = process.env;
  const env = { HOSTS_KNOWN, NODE_EXTRA_CA_CERTS };
  say("what it looks like", [inspect(process.execve), process.execve.length, process.execve.name]);
  const args = [process.execPath, "--require", hosts, script, `${urls.secure}/echo`];
  process.execve(process.execPath, args, env);
}
