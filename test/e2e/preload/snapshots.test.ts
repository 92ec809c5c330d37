import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { labVariables } from "../../../src/lab/index.js";
import { ownFolder } from "../../support/own-folder.js";
import { standardLab } from "../../support/standard-lab.js";
import { preload, program } from "./support/program.js";

const lab = await standardLab();
const folder = ownFolder("snapshots");

const ask = `
const told = ({ cause, code, message }) => cause?.code ?? code ?? message;
async function ask(url) {
  console.log("fetch", await fetch(url).then((response) => response.status, told));
  const get = (resolve) => require("node:https").get(url, (response) => resolve(response.resume().statusCode));
  console.log("https", await new Promise((resolve) => get(resolve).on("error", (error) => resolve(told(error)))));
}
`;
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const url = `${lab.api.url}/`;
const variables = labVariables(lab, lab.basic);
const required = ["--require", preload];
const both = "fetch 200\nhttps 200\n";
/** What the login proxy was asked for; a name that the machine does not know tells a way past it. */
const connects = (): string[] => lab.log.of("basic", "connect").map(({ target, status }) => `${target} ${status}`);
const host = `${lab.api.name}:${lab.api.port}`;

describe("a program that starts from a snapshot", () => {
  const main = `${ask}
require("node:v8").startupSnapshot.setDeserializeMainFunction(() => ask(process.argv[2]));`;

  test.each([
    ["bare", []],
    ["under the preload", required],
  ])("goes out by the policy, where the snapshot was built %s", async (title, flags) => {
    const blob = join(folder, `${title.replaceAll(" ", "-")}.blob`);
    const build = ["--snapshot-blob", blob, "--build-snapshot"];
    const built = await program(file("snapshot.cjs", main), [], { flags: [...flags, ...build] });
    expect(built).toMatchObject({ status: 0 });
    const start = (more: readonly string[]) =>
      program("main.js", [url], { variables, flags: [...more, "--snapshot-blob", blob] });
    expect(await start([])).toMatchObject({ stdout: "fetch ENOTFOUND\nhttps ENOTFOUND\n" });
    const before = connects().length;
    expect(await start(required)).toEqual({ status: 0, stdout: both, stderr: "" });
    expect(new Set(connects().slice(before))).toEqual(new Set([`${host} 200`]));
  });
});

/** Node builds them by itself since 25.5; before, they take a tool of their own. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const buildsExecutables = major > 25 || (major === 25 && minor >= 5);

describe.runIf(buildsExecutables)("a single executable", () => {
  test("goes out by the policy, where NODE_OPTIONS names the preload", async () => {
    const output = join(folder, "program");
    const script = file("single.cjs", `${ask}\nask(process.argv[2]);`);
    const config = file("sea.json", JSON.stringify({ main: script, output, disableExperimentalSEAWarning: true }));
    expect(await program(config, [], { flags: ["--build-sea"] })).toMatchObject({ status: 0 });
    const start = (more: Readonly<Record<string, string>>) =>
      program(url, [], { execPath: output, flags: [], variables: { ...variables, ...more } });
    expect(await start({})).toMatchObject({ stdout: "fetch ENOTFOUND\nhttps ENOTFOUND\n" });
    const before = connects().length;
    const ended = await start({ NODE_OPTIONS: `--require ${JSON.stringify(preload)}` });
    expect(ended).toEqual({ status: 0, stdout: both, stderr: "" });
    expect(new Set(connects().slice(before))).toEqual(new Set([`${host} 200`]));
  });
});
