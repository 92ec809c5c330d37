// Programs that are started with an environment of their own: as clean as their starter likes it.
import { execFile, execFileSync, execSync, fork, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";

const script = fileURLToPath(new URL("../support/child.mjs", import.meta.url));
const hosts = fileURLToPath(new URL("../../support/hosts.cjs", import.meta.url));
const node = process.execPath;

/** Each of them takes its time: with others the process would last too long. */
export const needs = { alone: true, starts: 8 };

export async function program({ urls, say }) {
  const url = `${urls.secure}/echo`;
  const { HOSTS_KNOWN, NODE_EXTRA_CA_CERTS } = process.env;
  const env = { HOSTS_KNOWN, NODE_EXTRA_CA_CERTS };
  const args = (name) => ["--require", hosts, script, `${url}?${name}`];
  const line = (name) => [node, ...args(name)].map((each) => `"${each}"`).join(" ");
  const encoding = "utf8";
  const ways = {
    spawnSync: () => spawnSync(node, args("spawnSync"), { env, encoding }).stdout,
    "spawnSync, as it is": () => spawnSync(node, args("as-it-is"), { encoding }).stdout,
    "spawnSync, inherited": () => spawnSync(node, args("inherited"), { env: Object.create(env), encoding }).stdout,
    execFileSync: () => execFileSync(node, args("execFileSync"), { env, encoding }),
    execSync: () => execSync(line("execSync"), { env, encoding }),
    execFile: () => told(execFile(node, args("execFile"), { env })),
    spawn: () => told(spawn(node, args("spawn"), { env, stdio: ["ignore", "pipe", "inherit"] })),
    fork: () =>
      told(
        fork(script, [`${url}?fork`], {
          env,
          execArgv: ["--require", hosts],
          stdio: ["ignore", "pipe", "inherit", "ipc"],
        }),
      ),
  };
  for (const [name, start] of Object.entries(ways)) say(name, (await start()).trim());
  say("the starter's own", Object.keys(env));
  say("what they look like", [inspect(spawnSync), spawnSync.length, execSync.name, inspect(execFileSync)]);
  for (const wrong of [[], ["node", 1], ["node", [], 1], ["node", [], { env: 1 }]])
    say(
      `of ${JSON.stringify(wrong)}`,
      outcome(() => spawnSync(...wrong)),
    );
}

async function told(child) {
  let text = "";
  child.stdout.on("data", (chunk) => (text += chunk));
  await once(child, "close");
  return text;
}

function outcome(work) {
  try {
    return work().error?.code;
  } catch ({ name, code }) {
    return [name, code];
  }
}
