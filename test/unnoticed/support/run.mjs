// Runs programs one after the other, as one process: `node run.mjs NAME…`. A line of what a program sees is a line of JSON on stdout, with
// the program's name; written at once, since a program may end the process.
import { writeSync } from "node:fs";

const urls = JSON.parse(process.env.UNNOTICED_URLS);
/** Milliseconds. */
const patience = 20_000;

for (const name of process.argv.slice(2)) {
  const say = (label, value = null) => writeSync(1, `${JSON.stringify([name, label, value])}\n`);
  const uncaught = (error) => say("uncaught", `${error?.code ?? error?.name}`);
  process.on("uncaughtException", uncaught);
  const own = Object.fromEntries(Object.entries(urls).map(([key, url]) => [key, `${url}/${name}`]));
  let timer;
  try {
    const { program } = await import(`../programs/${name}.mjs`);
    const late = new Promise((resolve) => (timer = setTimeout(() => resolve(say("never ended")), patience)));
    await Promise.race([program({ urls: own, say }), late]);
  } catch (error) {
    say("failed", `${error?.stack ?? error}`);
  }
  clearTimeout(timer);
  process.off("uncaughtException", uncaught);
}
