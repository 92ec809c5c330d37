/** What it costs to load the library and to start the program, against Node doing nothing. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { timeCommand } from "./processes.mjs";
import { median, pairedRatio } from "./statistics.mjs";
import { atMost, targets } from "./targets.mjs";

const dist = (name) => new URL(`../dist/${name}`, import.meta.url);

export function measureStartUp({ rounds }) {
  const directory = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  try {
    const module = (name, source) => {
      const path = join(directory, name);
      writeFileSync(path, source);
      return [path];
    };
    const commands = {
      "node -e 0": { args: ["-e", "0"] },
      "an empty module": { args: module("empty.mjs", "") },
      'import "sallyport"': {
        args: module("ours.mjs", `import ${JSON.stringify(dist("index.js").href)};`),
        target: targets.startUp,
      },
      'import "undici"': { args: module("undici.mjs", `import ${JSON.stringify(import.meta.resolve("undici"))};`) },
      'import "https-proxy-agent"': {
        args: module("agent.mjs", `import ${JSON.stringify(import.meta.resolve("https-proxy-agent"))};`),
      },
      "sallyport --version": { args: [fileURLToPath(dist("cli/bin.cjs")), "--version"], target: targets.startUp },
      // With its trust stores and files for the command, and the command itself.
      "sallyport run -- true": { args: [fileURLToPath(dist("cli/bin.cjs")), "run", "--", "true"], target: targets.run },
    };
    const first = summarize(commands, measure(commands, rounds));
    // As with requests: a miss has to show twice.
    return first.some(({ verdict }) => verdict === "MISSED")
      ? summarize(commands, measure(commands, rounds * 2))
      : first;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function measure(commands, rounds) {
  const samples = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
  // The first start reads files that later ones find in the page cache.
  for (const { args } of Object.values(commands)) timeCommand(args);
  for (let round = 0; round < rounds; round++) {
    for (const [name, { args }] of Object.entries(commands)) samples[name].push(timeCommand(args));
  }
  return samples;
}

function summarize(commands, samples) {
  return Object.entries(commands).map(([name, { target }]) => {
    const ratio = pairedRatio(samples[name], samples["node -e 0"]);
    const row = { name, ms: median(samples[name]), ratio };
    return target === undefined ? row : { ...row, target, verdict: atMost(ratio, target) };
  });
}
