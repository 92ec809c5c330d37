import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { labVariables, type LabProxy } from "../../src/lab/index.js";
import { standardLab } from "../support/standard-lab.js";
import { schemas } from "./support/schemas.js";
import { run, type Ran } from "./support/run.js";

const lab = await standardLab();
const password = "geheim-4711";
const proxy = await lab.proxy({ login: { username: "alice", password } });
const name = `http://localhost:${proxy.port}`;
const homes: string[] = [];
let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "sallyport-home-"));
  homes.push(home);
});
afterAll(async () => {
  for (const each of homes) rmSync(each, { recursive: true, force: true });
  await proxy.close();
});

const inLab = (argv: readonly string[], stdin = "", more: Record<string, string> = {}, at: LabProxy = proxy) =>
  run(argv, {
    variables: { ...labVariables(lab, at), HTTPS_PROXY: at.url, HTTP_PROXY: at.url, HOME: home, ...more },
    lookup: lab.lookup,
    stdin,
  });
const login = (): Promise<Ran> => inLab(["login", "--store", "file"], `alice\n${password}\n`);
const basic = `Basic ${Buffer.from(`alice:${password}`).toString("base64")}`;

describe("login and logout", () => {
  it("keep a login for the proxy of the settings, and forget it", async () => {
    const first = await inLab(["fetch", lab.api.url]);
    expect([first.exit, first.stderr]).toEqual([1, expect.stringContaining("sallyport login")]);
    const kept = await login();
    expect([kept.exit, kept.stdout, kept.stderr]).toEqual([
      0,
      expect.stringContaining(`the login for ${name} is kept in ${home}`),
      "",
    ]);
    expect((await inLab(["fetch", lab.api.url])).exit).toBe(0);
    const explained = await inLab(["explain", lab.api.url]);
    expect(explained.stdout).toContain("stored in a file (sallyport login)");
    expect((await inLab(["doctor", lab.api.url])).exit).toBe(0);
    expect((await inLab(["run", "--print", "--json", "--", "x"])).stdout).toContain('"stored-login"');
    expect((await inLab(["logout"])).stdout).toBe(`the login for ${name} is forgotten\n`);
    expect(schemas.logout.parse(JSON.parse((await inLab(["logout", "--json"])).stdout))).toEqual({
      ok: true,
      proxy: name,
      forgotten: false,
    });
    expect((await inLab(["fetch", lab.api.url])).exit).toBe(1);
  });

  it("say as JSON where it is kept, and show no password", async () => {
    const kept = await inLab(["login", "--json", "--store", "file", "--user", "alice", name], `${password}\r\n`);
    expect(schemas.login.parse(JSON.parse(kept.stdout))).toEqual({ ok: true, proxy: name, store: "file" });
    const all = [kept, await inLab(["explain", lab.api.url]), await inLab(["fetch", "-v", lab.api.url])];
    for (const { stdout, stderr } of all) expect(stdout + stderr).not.toContain(password);
  });

  it.each([
    ["a login among the arguments", ["login", "http://alice:geheim-4711@proxy:3128"], "shown to everybody by ps"],
    ["no user", ["login"], "no user name"],
    ["no password", ["login", "--user", "alice"], "no password"],
    ["a PAC file in place of a proxy", ["login", "pac+http://a/p.pac"], "not one proxy"],
    ["a scheme that is none", ["login", "gopher://a:1"], "gopher"],
  ])("refuse %s", async (_, argv, words) => {
    const { exit, stdout, stderr } = await inLab(argv);
    expect([exit, stdout, stderr]).toEqual([2, "", expect.stringContaining(words)]);
    expect(stderr).not.toContain(password);
  });

  it("ask where no proxy is set", async () => {
    const { exit, stderr } = await run(["login"], { variables: { HOME: home } });
    expect([exit, stderr]).toEqual([2, expect.stringContaining("name the one that is meant")]);
  });
});

describe("auth-header", () => {
  it("prints Basic of the stored login, as Claude Code asks for it", async () => {
    await login();
    expect((await inLab(["auth-header", name])).stdout).toBe(`${basic}\n`);
    const claude = {
      HTTPS_PROXY: "",
      HTTP_PROXY: "",
      CLAUDE_CODE_PROXY_URL: `${name}/`,
      CLAUDE_CODE_PROXY_HOST: "localhost",
      CLAUDE_CODE_PROXY_AUTHENTICATE: 'NTLM, Basic realm="corp"',
    };
    expect((await inLab(["auth-header"], "", claude)).stdout).toBe(`${basic}\n`);
    expect(
      schemas["auth-header"].parse(JSON.parse((await inLab(["auth-header", "--json"], "", claude)).stdout)),
    ).toEqual({
      ok: true,
      proxy: name,
      scheme: "basic",
      authorization: basic,
    });
  });

  it("prints Basic of the proxy's own setting", async () => {
    const withLogin = name.replace("//", `//alice:${password}@`);
    expect((await inLab(["auth-header"], "", { HTTPS_PROXY: withLogin })).stdout).toBe(`${basic}\n`);
    const asked = { HTTPS_PROXY: withLogin, CLAUDE_CODE_PROXY_URL: name };
    expect((await inLab(["auth-header"], "", asked)).stdout).toBe(`${basic}\n`);
  });

  it.each([
    ["NTLM", "PROXY_AUTH_UNSUPPORTED"],
    ['Digest realm="a", nonce="b"', "PROXY_AUTH_UNSUPPORTED"],
    ["Basic", "PROXY_AUTH_REQUIRED"],
    ["Negotiate", "PROXY_AUTH_TICKET"],
  ])("says why there is none for a proxy that asks for %s", async (offered, code) => {
    const asked = { CLAUDE_CODE_PROXY_URL: name, CLAUDE_CODE_PROXY_AUTHENTICATE: offered };
    const { exit, stdout } = await inLab(["auth-header", "--json"], "", asked);
    expect([exit, JSON.parse(stdout)]).toMatchObject([1, { ok: false, fault: { code } }]);
  });

  it("has nothing for a SOCKS proxy", async () => {
    expect(await inLab(["auth-header", "socks5h://proxy:1080"])).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("to which no header is sent"),
    });
  });
});

const hasScript = process.platform === "linux" && spawnSync("script", ["--version"]).status === 0;

it.skipIf(!hasScript)("at a terminal the password is asked for, and not shown", async () => {
  const cli = join(import.meta.dirname, "../../dist/cli/bin.cjs");
  const command = `"${process.execPath}" "${cli}" login --store file ${name}`;
  const env = { HOME: home, PATH: process.env["PATH"] ?? "", TERM: "dumb" };
  const terminal = spawn("script", ["-qec", command, "/dev/null"], { env, stdio: ["pipe", "pipe", "inherit"] });
  let shown = "";
  const answers = [
    { to: "User for", line: "alice" },
    { to: "Password of alice", line: password },
  ];
  terminal.stdout.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
    const [next] = answers;
    if (next === undefined || !shown.includes(next.to)) return;
    answers.shift();
    terminal.stdin.write(`${next.line}\r`);
  });
  const [status] = (await once(terminal, "close")) as [number];
  expect([status, shown]).toEqual([0, expect.stringContaining(`the login for ${name} is kept`)]);
  expect(shown).not.toContain(password);
});
