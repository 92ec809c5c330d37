// How programs end: in the midst of their requests, by themselves, by an error.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const ending = fileURLToPath(new URL("../support/ending.mjs", import.meta.url));
export const needs = { starts: 5 };

const ways = [
  "exit at an answer",
  "exit meanwhile",
  "a throw at an answer",
  "answers that nobody waits for",
  "connections that are kept",
];

export async function program({ urls: { secure, plain }, say }) {
  for (const way of ways) say(way, await end([way, secure, plain]));
}

/** A line of each stream may come before one of the other. */
async function end(given) {
  const child = fork(ending, given, { silent: true, timeout: 10_000 });
  let text = "";
  child.stdout.on("data", (chunk) => (text += chunk));
  const [status, signal] = await once(child, "close");
  return [status ?? signal, text.trim().split("\n").toSorted()];
}
