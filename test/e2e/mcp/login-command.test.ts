import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { OAuthServer } from "../../support/oauth/server.js";
import { streamable } from "./support/mcp-server.js";

const bin = join(import.meta.dirname, "../../../dist/cli/bin.cjs");
const browser = join(import.meta.dirname, "support/browser.mjs");

let server: OAuthServer;
let home: string;
beforeEach(async () => {
  server = await OAuthServer.start();
  server.behave.answer = streamable;
  home = await mkdtemp(join(tmpdir(), "home-"));
  return async () => {
    await server[Symbol.asyncDispose]();
    await rm(home, { recursive: true, force: true });
  };
});

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const initialize = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "1" } },
};

/** Runs the command with these messages as its input, until each question has its answer. */
function sallyport(args: readonly string[], messages: readonly object[] = [initialize]): Promise<Ended> {
  const { PATH } = process.env;
  const env = {
    PATH,
    HOME: home,
    XDG_DATA_HOME: join(home, "data"),
    BROWSER: `${process.execPath} ${browser} ${join(home, "visits")}`,
  };
  const child = spawn(process.execPath, [bin, "mcp", ...args], { env });
  let [stdout, stderr] = ["", ""];
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
    if (stdout.split("\n").length > messages.length) child.stdin.end();
  });
  for (const message of messages) child.stdin.write(`${JSON.stringify(message)}\n`);
  if (messages.length === 0) child.stdin.end();
  return new Promise((resolve) => child.on("close", (status) => resolve({ status, stdout, stderr })));
}

const visits = async (): Promise<number> =>
  (await readFile(join(home, "visits"), "utf8").catch(() => "")).split("\n").filter((line) => line !== "").length;
const folder = (): string => join(home, "data", "sallyport", "mcp");

test("four bridges that start at once share one login", async () => {
  const ended = await Promise.all(Array.from({ length: 4 }, () => sallyport([server.mcp.href])));
  for (const { stdout, stderr } of ended) expect(`${stdout}${stderr}`).toContain('"serverInfo"');
  expect(await visits()).toBe(1);
  expect(server.of("register")).toHaveLength(1);
  expect((await readdir(folder())).filter((name) => name.endsWith(".lock"))).toEqual([]);
}, 120_000);

test("four bridges with a token that was revoked refresh it once", async () => {
  await sallyport([server.mcp.href]);
  server.revokeAccess();
  const ended = await Promise.all(Array.from({ length: 4 }, () => sallyport([server.mcp.href])));
  for (const { stdout, stderr } of ended) expect(`${stdout}${stderr}`).toContain('"serverInfo"');
  expect(await visits()).toBe(1);
  expect(server.of("token").map(({ body }) => body["grant_type"])).toEqual(["authorization_code", "refresh_token"]);
}, 120_000);

test("a bridge that was killed while it logged in holds nobody up", async () => {
  await sallyport([server.mcp.href]);
  const [name = ""] = await readdir(folder());
  const gone = spawn(process.execPath, ["-e", ""]);
  await new Promise((resolve) => gone.on("close", resolve));
  await writeFile(join(folder(), `${name}.lock`), `${gone.pid} ${hostname()} left-behind`);
  server.revokeAccess();
  const { stdout, stderr } = await sallyport([server.mcp.href]);
  expect(`${stdout}${stderr}`).toContain('"serverInfo"');
}, 60_000);

test("the URL is printed, tokens are kept at 0600, and logout forgets them", async () => {
  const { stdout, stderr } = await sallyport([server.mcp.href]);
  expect(stdout).toContain('"serverInfo"');
  expect(stderr).toContain(`${server.issuer}/authorize?`);
  const [name = ""] = await readdir(folder());
  expect((await stat(join(folder(), name))).mode & 0o777).toBe(0o600);
  expect(await sallyport(["logout", server.mcp.href], [])).toMatchObject({
    status: 0,
    stdout: expect.stringContaining("forgotten"),
  });
  expect(await readdir(folder())).toEqual([]);
  expect(await sallyport(["logout", server.mcp.href, "--json"], [])).toMatchObject({
    stdout: expect.stringMatching(/"forgotten": ?0/),
  });
}, 60_000);

test("without the package a login for the keyring is refused before the browser opens, with the line that installs it", async () => {
  const { stdout, stderr } = await sallyport(["--token-store", "keyring", server.mcp.href]);
  expect(stdout).toContain('"KEYRING_UNAVAILABLE"');
  expect(stderr).toContain("npm install @napi-rs/keyring@2");
  expect(await visits()).toBe(0);
}, 60_000);

test("with --no-browser the URL is printed and nothing is opened", async () => {
  const child = spawn(process.execPath, [bin, "mcp", "--no-browser", server.mcp.href], {
    env: { PATH: process.env["PATH"], HOME: home, BROWSER: `${process.execPath} ${browser} ${join(home, "visits")}` },
  });
  const told = new Promise<string>((resolve) => {
    let text = "";
    child.stderr.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const url = /http:\S+\/authorize\S+/.exec(text)?.[0];
      if (url !== undefined && text.includes("\n")) resolve(url);
    });
  });
  const answered = new Promise<string>((resolve) =>
    child.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString())),
  );
  child.stdin.write(`${JSON.stringify(initialize)}\n`);
  await (await fetch(await told)).text();
  expect(await answered).toContain('"serverInfo"');
  child.stdin.end();
  await new Promise((resolve) => child.on("close", resolve));
  expect(await visits()).toBe(0);
}, 60_000);

test("a login that fails is a JSON-RPC error with the fault's code, and a line on stderr", async () => {
  server.behave.registration = false;
  const { stdout, stderr } = await sallyport([server.mcp.href]);
  expect(JSON.parse(stdout)).toMatchObject({
    id: 1,
    error: { message: expect.stringContaining("does not register clients") },
  });
  expect(stdout).toContain("OAUTH_REFUSED");
  expect(stderr).toContain("--client-id");
}, 60_000);

test.each([
  [["--client-secret", "hunter2-in-the-open"], "shown to everybody"],
  [["--client-secret", "${NOT_SET_ANYWHERE}"], "NOT_SET_ANYWHERE"],
  [["--callback-port", "70000"], "--callback-port"],
  [["--grant", "password"], "--grant"],
])(
  "%s is a usage error that says why, and shows no secret",
  async (flags, words) => {
    const { status, stderr } = await sallyport([...flags, server.mcp.href], []);
    expect([status, stderr]).toEqual([2, expect.stringContaining(words)]);
    expect(stderr).not.toContain("hunter2");
  },
  60_000,
);
