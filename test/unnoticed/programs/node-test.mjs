// node --test and vitest, each as a program of its own, on tests that ask a server: what their reports say, and how they end.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const hosts = fileURLToPath(new URL("../../support/hosts.cjs", import.meta.url));
const vitest = dirname(createRequire(import.meta.url).resolve("vitest/package.json"));

/** Each starts processes of its own, and vitest loads much. */
export const needs = { alone: true, starts: 3 };

/** The tests: two that pass, and one that fails where it is asked to. */
const tests = (urls, from, verdict) => `
import http from "node:http";
import assert from "node:assert";
import { ${verdict} as test } from ${JSON.stringify(from)};

test("fetch", async () => {
  const response = await fetch(${JSON.stringify(`${urls.secure}/echo`)});
  assert.deepEqual(await response.json(), { method: "GET", size: 0 });
});
test("node:http", async () => {
  const status = await new Promise((resolve, reject) =>
    http.get(${JSON.stringify(`${urls.plain}/teapot`)}, (response) => resolve(response.resume().statusCode)).on("error", reject),
  );
  assert.equal(status, 418);
});
test("what fails", async () => {
  await assert.rejects(fetch(${JSON.stringify(`${urls.secure}/hang-up`)}, { method: "POST" }), { name: "TypeError" });
  assert.equal((await fetch(${JSON.stringify(`${urls.secure}/empty`)})).status, 200);
});
`;

export async function program({ urls, say }) {
  const folder = await mkdtemp(join(tmpdir(), "node-test-"));
  try {
    await writeFile(join(folder, "package.json"), `{ "type": "module" }`);
    await symlink(dirname(vitest), join(folder, "node_modules"));
    await writeFile(join(folder, "asks.test.mjs"), tests(urls, "node:test", "test"));
    for (const reporter of ["tap", "spec"])
      say(
        `node --test: ${reporter}`,
        await ran(folder, ["--require", hosts, "--test", `--test-reporter=${reporter}`, "asks.test.mjs"]),
      );
    await writeFile(join(folder, "asks.spec.mjs"), tests(urls, "vitest", "test"));
    const args = [
      "run",
      "--reporter=json",
      "--pool=forks",
      `--execArgv=--require=${hosts}`,
      "--root",
      folder,
      "asks.spec.mjs",
    ];
    const { status, stdout, stderr } = await ran(folder, ["--require", hosts, join(vitest, "vitest.mjs"), ...args]);
    say("vitest", { status, stderr, ...told(stdout.join("\n")) });
  } finally {
    await rm(folder, { recursive: true });
  }
}

function told(text) {
  const { testResults, numPassedTests, numFailedTests, success } = JSON.parse(text);
  const [{ assertionResults }] = testResults;
  const each = assertionResults.map(({ title, status, failureMessages }) => [
    title,
    status,
    failureMessages[0]?.split("\n")[0],
  ]);
  return { numPassedTests, numFailedTests, success, each };
}

async function ran(folder, args) {
  // Of the runner that runs this, nothing is to be known.
  const { NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr, [status]] = await Promise.all([
    linesOf(child.stdout, folder),
    linesOf(child.stderr, folder),
    once(child, "close"),
  ]);
  return { status, stdout, stderr };
}

/** Without what differs between two runs of the same. */
async function linesOf(stream, folder) {
  let text = "";
  for await (const chunk of stream.setEncoding("utf8")) text += chunk;
  return text
    .replaceAll(pathToFileURL(folder).href, "")
    .replaceAll(folder, "")
    .replaceAll(/duration_ms:? [\d.]+|\([\d.]+ms\)/g, "")
    .split("\n");
}
