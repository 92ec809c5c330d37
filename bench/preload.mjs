/** What the preload adds to a start of Node that makes no request, and `sallyport run` to the start of a command. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createAuthority } from "../dist/lab/index.js";
import { measureLoopback } from "./loopback.mjs";
import { timeCommand } from "./processes.mjs";
import { median } from "./statistics.mjs";
import { atMost, targets } from "./targets.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const preload = join(root, "dist/preload/register.cjs");
/** A proxy that is never asked: a preload that found nothing to do might do nothing. */
const env = { HTTPS_PROXY: "http://127.0.0.1:9", GLOBAL_AGENT_HTTP_PROXY: "http://127.0.0.1:9" };

/** @returns {Promise<{ title: string, rows?: object[], loopback?: object[] }[]>} */
export async function measurePreload({ rounds }, progress) {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  try {
    const file = (name, text) => {
      const path = join(folder, name);
      writeFileSync(path, text, { mode: 0o600 });
      return path;
    };
    const results = [];
    for (const { version, command } of nodes()) {
      const title = `preload, Node ${version}`;
      progress(title);
      results.push({ title, rows: measureTwice(preloads(command, file), rounds) });
      progress(`${title}: requests to this machine`);
      const loopback = await measureLoopback({ command, rounds, env, preload });
      results.push({ title: `requests to this machine, Node ${version}`, loopback });
    }
    progress("sallyport run");
    results.push({ title: "sallyport run", rows: measureTwice(await runs(file), rounds) });
    return results;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** This one, and a Node 24 where CI has left one. */
function nodes() {
  const own = { version: process.versions.node, command: process.execPath };
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "sallyport-ci");
  const [other] = existsSync(cache) ? readdirSync(cache).filter((name) => name.startsWith("24.")) : [];
  if (other === undefined || own.version.startsWith("24.")) return [own];
  const command = join(cache, other, "node_modules", `node-${process.platform}-${process.arch}`, "bin/node");
  return existsSync(command) ? [own, { version: other, command }] : [own];
}

/** `over`: the command that a row is compared with. */
function preloads(command, file) {
  const plain = "node -e 0";
  const empty = "--import an empty module";
  const emptyModule = file("empty.mjs", "");
  const peer = createRequire(import.meta.url).resolve("global-agent");
  // Version 4 is published without the `global-agent/bootstrap` that its documentation names.
  const bootstrap = file("global-agent.cjs", `require(${JSON.stringify(peer)}).bootstrap();`);
  const start = (...args) => ({ command, args: [...args, "-e", "0"], options: { env, cwd: root } });
  return [
    { name: plain, ...start() },
    { name: "--require sallyport", ...start("--require", preload), over: plain, target: targets.preloadMs },
    { name: "--require global-agent", ...start("--require", bootstrap), over: plain },
    { name: empty, ...start("--import", emptyModule), over: plain },
    { name: "--import sallyport", ...start("--import", "sallyport/register"), over: empty, target: targets.preloadMs },
  ];
}

async function runs(file) {
  const program = [join(root, "dist/cli/bin.cjs"), "run", "--no-check", "--", "true"];
  const run = (settings) => ({ command: process.execPath, args: program, options: { env: { ...env, ...settings } } });
  const authority = await createAuthority({ name: "Bench Client CA" });
  const { chain, key } = await authority.issue({ commonName: "alice", usage: "client" });
  const identity = {
    SALLYPORT_CLIENT_CERT: file("client.pem", chain),
    SALLYPORT_CLIENT_KEY: file("client.key", key),
  };
  const plain = "true";
  return [
    { name: plain, command: "true", args: [], options: { env } },
    { name: "node -e 0", command: process.execPath, args: ["-e", "0"], options: { env }, over: plain },
    { name: "run -- true", ...run({}), over: plain },
    { name: "run -- true, with a gateway", ...run(identity), over: plain },
  ];
}

/** As with requests: a miss has to show twice. */
function measureTwice(commands, rounds) {
  const first = summarize(commands, measure(commands, rounds));
  return first.some(({ verdict }) => verdict === "MISSED") ? summarize(commands, measure(commands, rounds * 2)) : first;
}

function measure(commands, rounds) {
  const samples = new Map(commands.map(({ name }) => [name, []]));
  const time = ({ command, args, options }) => timeCommand(args, { command, ...options });
  // The first start reads files that later ones find in the page cache.
  for (const command of commands) time(command);
  for (let round = 0; round < rounds; round++) {
    for (const command of commands) samples.get(command.name).push(time(command));
  }
  return samples;
}

function summarize(commands, samples) {
  return commands.map(({ name, over, target }) => {
    const all = samples.get(name);
    const row = { name, ms: median(all), min: Math.min(...all) };
    if (over === undefined) return row;
    const added = median(all.map((ms, round) => ms - samples.get(over)[round]));
    const addedToMin = row.min - Math.min(...samples.get(over));
    if (target === undefined) return { ...row, over, added, addedToMin };
    return { ...row, over, added, addedToMin, verdict: atMost(added, target) };
  });
}
