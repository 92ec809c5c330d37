// A program that starts from a snapshot of itself (--build-snapshot), and asks a server from then on.
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const hosts = fileURLToPath(new URL("../../support/hosts.cjs", import.meta.url));

/** Built, and started twice. */
export const needs = { alone: true, starts: 3 };

/** Node takes no module of the network into a snapshot: it is loaded afterwards. */
const entry = `
const { startupSnapshot } = require("node:v8");
const built = ["one", "two"];
startupSnapshot.setDeserializeMainFunction(async () => {
  const say = (...words) => process.stdout.write(words.join(" ") + "\\n");
  const [secure, plain, preloaded] = process.argv.slice(-3);
  say(built.join(), preloaded);
  const ask = (client, url) => new Promise((resolve) => {
    client.get(url, (response) => resolve(response.resume().statusCode)).on("error", ({ code }) => resolve(code));
  });
  say("https", await ask(process.getBuiltinModule("node:https"), secure + "/echo?https"));
  say("http", await ask(process.getBuiltinModule("node:http"), plain + "/echo?http"));
  for (const url of [secure, plain])
    say("fetch", await fetch(url + "/teapot").then((response) => response.text(), ({ cause }) => cause?.code));
});
`;

export async function program({ urls, say }) {
  const folder = await mkdtemp(join(tmpdir(), "snapshot-"));
  try {
    await writeFile(join(folder, "entry.js"), entry);
    const run = (...args) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
      return { status, stdout, stderr };
    };
    say("built", run("--snapshot-blob", "it.blob", "--build-snapshot", "entry.js"));
    for (const time of ["first", "second"])
      say(time, run("--require", hosts, "--snapshot-blob", "it.blob", urls.secure, urls.plain, time));
  } finally {
    await rm(folder, { recursive: true });
  }
}
