// Runs programs one after the other, as one process: `node run.mjs FOLDER NAME…`. A line of what a program sees is a line of JSON on stdout, with
// the program's name; written at once, since a program may end the process. What it took is a line of another form, an object.
import { writeSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { pathToFileURL } from "node:url";

const urls = JSON.parse(process.env.UNNOTICED_URLS);
/** Milliseconds. */
const patience = 20_000;

/** As they are before programs replace them. */
const { cpuUsage, hrtime } = process;
const loopUse = performance.eventLoopUtilization.bind(performance);
const { bigint: now } = hrtime;

const [folder, ...names] = process.argv.slice(2);
for (const name of names) {
  let last = null;
  const say = (label, value = null) => {
    last = label;
    writeSync(1, `${JSON.stringify([name, label, value])}\n`);
  };
  const uncaught = (error) => say("uncaught", `${error?.code ?? error?.name}`);
  process.on("uncaughtException", uncaught);
  const own = Object.fromEntries(Object.entries(urls).map(([key, url]) => [key, `${url}/${name}`]));
  let timer;
  const [began, used, loop] = [now(), cpuUsage(), loopUse()];
  // Whether it waited, worked or was held up, and behind what: it may not happen a second time.
  const neverEnded = () => say("never ended", { behind: last, processor: cpuUsage(used), loop: loopUse(loop) });
  try {
    const { program } = await import(pathToFileURL(join(folder, `${name}.mjs`)));
    const late = new Promise((resolve) => (timer = setTimeout(() => resolve(neverEnded()), patience)));
    await Promise.race([program({ urls: own, say }), late]);
  } catch (error) {
    say("failed", `${error?.stack ?? error}`);
  }
  clearTimeout(timer);
  const { user, system } = cpuUsage(used);
  const took = { name, program: Number(now() - began) / 1e6, processor: (user + system) / 1e3 };
  writeSync(1, `${JSON.stringify(took)}\n`);
  process.off("uncaughtException", uncaught);
}
