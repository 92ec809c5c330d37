// How a program may make a thread, with all at once that a thread can be given; and the class that makes them.
import { inspect } from "node:util";
import { Worker } from "node:worker_threads";
import { askInWorker, formNames } from "../support/in-worker.mjs";

/** Each thread takes its time: with others the process would last too long. */
export const needs = { alone: true, starts: 8 };

export async function program({ urls, say }) {
  const all = { env: {}, execArgv: ["--no-warnings"], argv: ["one"] };
  const tell = async (name, ...how) =>
    say(name, await askInWorker(`${urls.secure}/echo?${name.replaceAll(/[ ,:]+/g, "-")}`, ...how));
  for (const form of formNames) await tell(form, all, form);
  await tell("a class of its own", all, "text", class Own extends Worker {});
  const made = new Worker("", { eval: true });
  await tell("of the class of another", all, "text", made.constructor);
  say("the class", [Worker.name, Worker.length, inspect(Worker), made instanceof Worker, made.constructor === Worker]);
  for (const wrong of [[], ["x"], ["x", null], ["", { eval: true, env: 1 }], ["", { eval: true, execArgv: "x" }]])
    say(
      `made of ${JSON.stringify(wrong)}`,
      outcome(() => new Worker(...wrong)),
    );
  say(
    "called",
    outcome(() => Worker("")),
  );
}

function outcome(work) {
  try {
    work();
    return "nothing is thrown";
  } catch ({ name, code, message }) {
    return [name, code, message];
  }
}
