import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { labVariables } from "../../../src/lab/index.js";
import { run } from "./support/cli.js";
import { standardLab } from "../../support/standard-lab.js";

const lab = await standardLab();
const folder = await realpath(await mkdtemp(join(tmpdir(), "sallyport permission ")));
afterAll(() => rm(folder, { recursive: true }));

const [major = 0] = process.versions.node.split(".").map(Number);
const permission = major < 24 ? "--experimental-permission" : "--permission";
/** A right of its own from Node 25 on. */
const network = major < 25 ? [] : ["--allow-net"];
const program = join(folder, "program.cjs");
const node = (...flags: readonly string[]): string[] => [
  process.execPath,
  permission,
  "--no-warnings",
  `--allow-fs-read=${folder}/*`,
  ...flags,
  program,
];

/** Says what it may read and write, and whom the servers take it for; and so does a child of it. */
const source = `
const { fork } = require("node:child_process");
const [urls, paths, ...more] = process.argv.slice(2);
const say = (...words) => console.log(words.join(" "));
const ask = (url) => new Promise((resolve, reject) => require("node:https").get(url, async (response) => {
  let text = "";
  for await (const chunk of response) text += chunk;
  resolve(JSON.parse(text).peer);
}).on("error", reject));
const told = ({ message, cause, code }) => [cause?.code ?? code, cause?.message ?? message].join(" ");
(async () => {
  say("may read", ...JSON.parse(paths).map((path) => process.permission.has("fs.read", path)), "may write", process.permission.has("fs.write", __filename));
  for (const url of JSON.parse(urls)) {
    say(await fetch(url).then(async (response) => (await response.json()).peer, told));
    say(await ask(url).catch(told));
  }
  if (more[0] === "fork") fork(__filename, [urls, paths]);
})();
`;
beforeAll(() => writeFile(program, source));

const of = (name: string): string[] => lab.log.of(name, "connect").map(({ target, status }) => `${target} ${status}`);

it("a program under --permission goes out, and so do its children; it may read what it may, and our files", async () => {
  const { client } = lab.files;
  const asked = [JSON.stringify([`${lab.mtls.url}/echo`]), JSON.stringify(["/etc/passwd", client.encryptedKey])];
  const ran = await run(["run", "--", ...node(...network, "--allow-child-process"), ...asked, "fork"], {
    variables: labVariables(lab, lab.basic),
  });
  const each = "may read false true may write false\nalice\nalice\n";
  expect(ran).toMatchObject({ exit: 0, stdout: each + each });
  expect(ran.stderr).toMatch(/^sallyport: .*; Node's --permission, with the right to read sallyport's own files\n/);
  expect(new Set(of("basic"))).toEqual(new Set([`${lab.mtls.name}:${lab.mtls.port} 200`]));
});

it("one that makes no request says and ends the same as without sallyport: what it may, what it may not, and how it fails", async () => {
  const alone = join(folder, "alone.cjs");
  await writeFile(
    alone,
    `
const attempts = {
  own: () => require("node:fs").readFileSync(__filename).length > 0,
  users: () => require("node:fs").readFileSync("/etc/passwd").length,
  write: () => require("node:fs").writeFileSync(__filename + ".new", ""),
  child: () => require("node:child_process").spawnSync(process.execPath, ["-e", "0"]).status,
  worker: () => new (require("node:worker_threads").Worker)("0", { eval: true }),
};
for (const [name, attempt] of Object.entries(attempts)) {
  try {
    console.log(name, attempt());
  } catch ({ name: kind, code, permission, resource }) {
    console.log(name, kind, code, permission, resource);
  }
}
process.on("exit", (status) => console.log("exit", status));
process.exitCode = 7;
`,
  );
  const [command = "", ...flags] = node().slice(0, -1);
  const bare = spawnSync(command, [...flags, alone], { env: {}, encoding: "utf8" });
  expect(bare).toMatchObject({ status: 7, stderr: "" });
  expect(bare.stdout).toMatch(
    /own true\nusers Error ERR_ACCESS_DENIED FileSystemRead .*\n(?:.*ERR_ACCESS_DENIED.*\n){3}/,
  );
  const variables = labVariables(lab, lab.basic);
  const ran = await run(["run", "--no-check", "--", command, ...flags, alone], { variables });
  expect(ran).toMatchObject({ exit: 7, stdout: bare.stdout });
  // One line of ours, and none of the program's.
  expect(ran.stderr).toMatch(/^sallyport: .*\n$/);
});

it("where a gateway runs, such a program is left to it and reads no key", async () => {
  const { client, bundle } = lab.files;
  const config = join(folder, "config.json");
  const identity = { hosts: [lab.mtls.name], cert: client.cert, key: client.key };
  await writeFile(config, JSON.stringify({ identities: [identity] }), { mode: 0o600 });
  const { urlWithLogin } = lab.socks;
  const variables = { HTTPS_PROXY: urlWithLogin, NODE_EXTRA_CA_CERTS: bundle, SALLYPORT_CONFIG: config };
  const asked = [JSON.stringify([`${lab.mtls.url}/echo`]), JSON.stringify([client.key])];
  const ran = await run(["run", "--", ...node(...network), ...asked], { variables });
  expect(ran).toMatchObject({ exit: 0, stdout: "may read false may write false\nalice\nalice\n" });
  expect(ran.stderr).toContain("; gateway on 127.0.0.1:");
});

it.runIf(process.platform === "linux")(
  "the desktop's proxy is asked before, since such a program may not",
  async () => {
    const setting = ` mode 'manual'\norg.gnome.system.proxy.https host 'localhost'\n`;
    const text = `org.gnome.system.proxy${setting}org.gnome.system.proxy.https port ${lab.inspector.port}`;
    const gsettings = join(folder, "gsettings");
    await writeFile(gsettings, `#!/bin/sh\ncat <<'END'\n${text}\nEND\n`);
    await chmod(gsettings, 0o755);
    const { HTTPS_PROXY: _https, HTTP_PROXY: _http, ...rest } = labVariables(lab, lab.inspector);
    const variables = { ...rest, PATH: `${folder}:/usr/bin:/bin`, XDG_CURRENT_DESKTOP: "GNOME" };
    const asked = [JSON.stringify([`${lab.api.url}/echo`]), "[]"];
    const ran = await run(["run", "--", ...node(...network), ...asked], { variables });
    expect(ran).toMatchObject({ exit: 0, stdout: "may read may write false\n\n\n" });
    expect(of("inspector")).toContain(`${lab.api.name}:${lab.api.port} 200`);
  },
);

/** What the lab has seen, but for connections of the tests before that end only now. */
const begun = () => lab.log.events.filter(({ kind }) => kind !== "close");

it.runIf(major >= 22)("one that a shell starts says what it lacks at a request, and goes nowhere", async () => {
  const asked = [JSON.stringify([`${lab.api.url}/echo`]), "[]"];
  const ran = await run(["run", "--", "sh", "-c", '"$0" "$@"', ...node(...network), ...asked], {
    variables: labVariables(lab, lab.basic),
  });
  const lacking =
    /^ERR_ACCESS_DENIED sallyport\/register may not read its own files, .*sallyport run -- node --permission/;
  const [, ...told] = ran.stdout.trim().split("\n");
  expect(told).toEqual([expect.stringMatching(lacking), expect.stringMatching(lacking)]);
  expect(begun()).toEqual([]);
});

it.runIf(major < 22)("on Node 20 one that a shell starts does not begin, and goes nowhere", async () => {
  const asked = [JSON.stringify([`${lab.api.url}/echo`]), "[]"];
  const ran = await run(["run", "--", "sh", "-c", '"$0" "$@"', ...node(...network), ...asked], {
    variables: labVariables(lab, lab.basic),
  });
  expect(ran).toMatchObject({ exit: 1, stdout: "", stderr: expect.stringContaining("ERR_ACCESS_DENIED") as unknown });
  expect(begun()).toEqual([]);
});

it.runIf(major >= 25)("one without the right to the network stays without it", async () => {
  const asked = [JSON.stringify([`${lab.api.url}/echo`]), "[]"];
  const ran = await run(["run", "--", ...node(), ...asked], { variables: labVariables(lab, lab.basic) });
  expect(ran.stdout).toMatch(/^may read may write false\n.*ERR_ACCESS_DENIED.*\n.*ERR_ACCESS_DENIED.*\n$/);
  expect(begun()).toEqual([]);
});
