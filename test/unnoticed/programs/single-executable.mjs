// A program that is one file with Node (--build-sea): it reads NODE_OPTIONS, since it is not built to leave that unread.
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const hosts = fileURLToPath(new URL("../../support/hosts.cjs", import.meta.url));

/** Built, and started twice. Older versions of Node leave the last step to a package, with the same outcome. */
export const needs = { alone: true, starts: 3, node: 26 };

const entry = `
const [secure, plain] = process.argv.slice(-2);
const say = (...words) => process.stdout.write(words.join(" ") + "\\n");
const ask = (client, url) => new Promise((resolve) => {
  client.get(url, (response) => resolve(response.resume().statusCode)).on("error", ({ code }) => resolve(code));
});
void (async () => {
  say("https", await ask(require("node:https"), secure + "/echo?https"));
  say("http", await ask(require("node:http"), plain + "/echo?http"));
  for (const url of [secure, plain])
    say("fetch", await fetch(url + "/teapot").then((response) => response.text(), ({ cause }) => cause?.code));
})();
`;

export async function program({ urls, say }) {
  const folder = await mkdtemp(join(tmpdir(), "single-"));
  const { NODE_OPTIONS = "" } = process.env;
  const run = (command, args, env = process.env) => {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, env, encoding: "utf8" });
    return { status, stdout, stderr };
  };
  try {
    const settings = { main: "entry.js", output: "it", disableExperimentalSEAWarning: true };
    await writeFile(join(folder, "entry.js"), entry);
    await writeFile(join(folder, "it.json"), JSON.stringify(settings));
    const { status } = run(process.execPath, ["--build-sea", "it.json"]);
    say("built", status);
    const env = { ...process.env, NODE_OPTIONS: `${NODE_OPTIONS} --require "${hosts}"`.trim() };
    for (const time of ["first", "second"]) say(time, run(join(folder, "it"), [urls.secure, urls.plain], env));
  } finally {
    await rm(folder, { recursive: true });
  }
}
