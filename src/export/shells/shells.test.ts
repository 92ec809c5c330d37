import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readShellState, withoutOurs } from "../shell-state.js";
import type { Assignment, ExportedSettings, Rendering } from "../types.js";
import { renderShell, shells, undoShell, type ShellName } from "./index.js";
import { expectMade } from "../../../test/support/expect-made.js";

const hard: Readonly<Record<string, string>> = {
  PLAIN: "http://proxy.corp:3128",
  EMPTY_QUOTES: `''""`,
  SINGLE: "it's 'so'",
  DOUBLE: 'say "so" & go',
  DOLLAR: "$HOME ${HOME} $(id) `id` $$",
  BACKSLASH: "C:\\new\\table\\ end\\",
  HISTORY: "!! !x ! wow!",
  PERCENT: "http://alice:p%40ss%23w%25rd@proxy:3128 %PATH% %%a",
  CARET: "a^b & c | d < e > f (g)",
  GLOB: "* ? [a-z] {a,b} ~ #x ;y",
  BLANKS: "  two  words\tand a tab  ",
  MULTILINE: "one\ntwo\n\nfour",
  UNICODE: "Zürich ’quoted‘ 日本 🚪",
  OPTIONS: `--require "/a b/register.cjs" -Dx=y|*.z`,
  EQUALS: "a=b==c",
};

const exported = (
  values: Readonly<Record<string, string>>,
  rest: Partial<ExportedSettings> = {},
): ExportedSettings => ({
  version: "1.2.3",
  platform: "linux",
  assignments: Object.entries(values).map(([name, text]) => plain(name, text)),
  proxy: {},
  files: {},
  heldBy: new Map(),
  ...rest,
});

const plain = (name: string, text: string): Assignment => ({
  name,
  value: { kind: "plain", parts: [text] },
  readBy: "a test",
});
const secret = (name: string, of = name): Assignment => ({
  name,
  value: { kind: "secret", name: of },
  readBy: "a test",
});

/** How a real shell is called, and how it uses what `sallyport env` prints: as the first line of its comment says. */
const real: readonly { name: ShellName; program: string; args: readonly string[]; use: (file: string) => string }[] = [
  { name: "bash", program: "bash", args: ["--norc", "--noprofile"], use: (file) => `eval "$(cat '${file}')"` },
  { name: "bash", program: "dash", args: [], use: (file) => `eval "$(cat '${file}')"` },
  { name: "zsh", program: "zsh", args: ["-f"], use: (file) => `eval "$(cat '${file}')"` },
  { name: "fish", program: "fish", args: ["--no-config"], use: (file) => `cat '${file}' | source` },
  {
    name: "powershell",
    program: "pwsh",
    args: ["-NoProfile"],
    use: (file) => `Get-Content -Raw '${file}' | Invoke-Expression`,
  },
];
const found = (program: string): string | undefined =>
  (process.env["PATH"] ?? "")
    .split(":")
    .map((directory) => join(directory, program))
    .find((path) => existsSync(path));

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "sallyport-shells-"));
  const show = join(directory, "show");
  await writeFile(show, `#!${process.execPath}\nprocess.stdout.write(JSON.stringify(process.env));\n`);
  // What a text asks for a secret: the name in, something unpleasant out.
  const command = join(directory, "sallyport");
  await writeFile(command, `#!/bin/sh\nprintf 'secret $of "%s" '"'"'!' "$3"; echo "$@" >> '${directory}/asked'\n`);
  await Promise.all([chmod(show, 0o755), chmod(command, 0o755)]);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe.each(real)("$program", ({ name, program, args, use }) => {
  const path = found(program);

  /** Runs what the lines say, and gives the environment that a program then gets. */
  async function evaluate(
    renderings: readonly Rendering[],
    variables: Readonly<Record<string, string>> = {},
  ): Promise<NodeJS.ProcessEnv> {
    const lines: string[] = [];
    for (const [index, { text }] of renderings.entries()) {
      const file = join(directory, `${program}-${index}`);
      await writeFile(file, text);
      lines.push(use(file));
    }
    const { status, stdout, stderr } = spawnSync(
      path ?? "",
      [...args, "-c", [...lines, join(directory, "show")].join("\n")],
      {
        encoding: "utf8",
        env: { PATH: `${directory}:${process.env["PATH"] ?? ""}`, HOME: directory, ...variables },
      },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return JSON.parse(stdout) as NodeJS.ProcessEnv;
  }

  it.skipIf(path === undefined)("gets every value byte for byte", async () => {
    const environment = await evaluate([renderShell(name, exported(hard), [], readShellState({}))]);
    expect(environment).toMatchObject(hard);
  });

  it.skipIf(path === undefined)("asks for a secret once, and takes what a variable holds from there", async () => {
    await rm(join(directory, "asked"), { force: true });
    const assignments = [secret("HTTPS_PROXY"), secret("https_proxy", "HTTPS_PROXY"), secret("PASSPHRASE")];
    const text = renderShell(
      name,
      exported({}, { assignments, heldBy: new Map([["PASSPHRASE", "MINE"]]) }),
      [],
      readShellState({}),
    );
    const mine = `a 'quoted' "one" $x \\ %y%`;
    const environment = await evaluate([text], { MINE: mine });
    const expected = `secret $of "HTTPS_PROXY" '!`;
    expect(environment).toMatchObject({ HTTPS_PROXY: expected, https_proxy: expected, PASSPHRASE: mine });
    expect(execFileSync("cat", [join(directory, "asked")], { encoding: "utf8" })).toBe("env --value HTTPS_PROXY\n");
  });

  it.skipIf(path === undefined)("is as before after the undo, also when it was used twice", async () => {
    const before = { HTTPS_PROXY: `http://old:p'"$x\\@host`, EMPTY: "", ALL_PROXY: "http://other:1", OTHER: "kept" };
    const apply = renderShell(
      name,
      exported({ HTTPS_PROXY: "http://new:1", https_proxy: "http://new:1" }),
      ["ALL_PROXY"],
      readShellState(before),
    );
    const applied = await evaluate([apply, apply], before);
    expect(applied).toMatchObject({ HTTPS_PROXY: "http://new:1", https_proxy: "http://new:1", OTHER: "kept" });
    expect(applied).not.toHaveProperty("ALL_PROXY");
    const undone = await evaluate([apply, undoShell(name, readShellState(applied))], before);
    expect(undone).toMatchObject(before);
    expect(undone).not.toHaveProperty("https_proxy");
    expect(Object.keys(undone).filter((each) => each.startsWith("SALLYPORT"))).toEqual([]);
  });

  it.skipIf(path === undefined)("gets other settings in place of the first ones, and still comes back", async () => {
    const before = { HTTPS_PROXY: "http://mine:1", SSL_CERT_FILE: "/mine.pem" };
    const first = renderShell(
      name,
      exported({ HTTPS_PROXY: "http://a:1", SSL_CERT_FILE: "/data/a.pem", DENO_CERT: "/data/a.pem" }),
      [],
      readShellState(before),
    );
    const between = await evaluate([first], before);
    const second = renderShell(name, exported({ HTTPS_PROXY: "http://b:1" }), [], readShellState(between));
    const after = await evaluate([first, second], before);
    expect(after).toMatchObject({ HTTPS_PROXY: "http://b:1", SSL_CERT_FILE: "/mine.pem" });
    expect(after).not.toHaveProperty("DENO_CERT");
    const undone = await evaluate([first, second, undoShell(name, readShellState(after))], before);
    expect(undone).toMatchObject(before);
  });

  it.skipIf(path === undefined).each(["behind", "before"] as const)(
    "adds %s what a variable held, without knowing it, and once however often it is used",
    async (side) => {
      const added: Assignment = {
        name: "JAVA_TOOL_OPTIONS",
        value: { kind: "plain", parts: ['-Dx="a b" $c'], [side]: "SALLYPORT_OLD_JAVA_TOOL_OPTIONS" },
        readBy: "a test",
      };
      const before = { JAVA_TOOL_OPTIONS: `-Dpassword='hunter2"$x'` };
      const apply = renderShell(name, exported({}, { assignments: [added] }), [], readShellState(before));
      expect(apply.text).not.toContain("hunter2");
      const environment = await evaluate([apply, apply], before);
      const both = [`-Dpassword='hunter2"$x'`, `-Dx="a b" $c`];
      expect(environment["JAVA_TOOL_OPTIONS"]).toBe((side === "behind" ? both : both.toReversed()).join(" "));
    },
  );

  it.skipIf(path === undefined)("has nothing to undo where nothing was set", async () => {
    const undo = undoShell(name, readShellState({ HTTPS_PROXY: "http://mine:1" }));
    expect(undo.notes.join()).toContain("nothing to undo");
    expect(await evaluate([undo], { HTTPS_PROXY: "http://mine:1" })).toMatchObject({ HTTPS_PROXY: "http://mine:1" });
  });
});

describe("a text that is pasted at a prompt", () => {
  const interactive: readonly { name: ShellName; program: string; args: readonly string[] }[] = [
    { name: "bash", program: "bash", args: ["--norc", "--noprofile", "-i"] },
    { name: "zsh", program: "zsh", args: ["-f", "-i"] },
  ];

  it.for(interactive)("means the same in $program", ({ name, program, args }, { skip }) => {
    const path = found(program) ?? skip(`${program} is not installed`);
    // A terminal that knows of pasting tells line ends and tabs from what is typed; this one does not.
    const { MULTILINE: _lines, BLANKS: _tab, ...values } = hard;
    const { text } = renderShell(name, exported(values), [], readShellState({}));
    const { stdout, stderr } = spawnSync(path, args, {
      input: `${text}${join(directory, "show")} > ${directory}/pasted\ncat ${directory}/pasted\n`,
      encoding: "utf8",
      env: { PATH: process.env["PATH"], HOME: directory, PS1: "", TERM: "dumb" },
    });
    expect(stdout).toContain('"PLAIN"');
    const printed = execFileSync("cat", [join(directory, "pasted")], { encoding: "utf8" });
    expect(JSON.parse(printed)).toMatchObject(values);
    expect(stderr).not.toMatch(/not found|event/);
  });
});

const assignmentIn = (shell: keyof typeof shells) => (text: string) => shells[shell].set("X", { kind: "text", text });

/** The rules of https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules. */
describe("PowerShell's text", () => {
  it.each([
    ["plain", "$env:X = 'plain'"],
    ["it's", "$env:X = 'it''s'"],
    ['$HOME `n "q" %x%', "$env:X = '$HOME `n \"q\" %x%'"],
    ["a\nb", "$env:X = 'a' + [char]0xa + 'b'"],
    ["’", "$env:X = '' + [char]0x2019"],
    ["Zürich", "$env:X = 'Z' + [char]0xfc + 'rich'"],
    ["🚪", "$env:X = '' + [char]0xd83d + [char]0xdeaa"],
  ])("holds %j", expectMade(assignmentIn("powershell")));

  it("writes a variable once where case does not count", () => {
    const twice = exported({ HTTPS_PROXY: "http://p:1", https_proxy: "http://p:1" });
    const lines = (platform: NodeJS.Platform): string[] =>
      renderShell("powershell", { ...twice, platform }, [], readShellState({}))
        .text.split("\n")
        .filter((line) => /^\$env:https_proxy/i.test(line));
    expect(lines("win32")).toHaveLength(1);
    expect(lines("linux")).toHaveLength(2);
  });
});

/** cmd's phases: percent expansion first, then special characters outside of quotes; `set` takes all to the last quote. */
describe("cmd's text", () => {
  it.each(["plain", "a&b|c<d>e^f(g)!", "C:\\a b\\"])("holds %j as it is", (text) => {
    expect(assignmentIn("cmd")(text)).toBe(`@set "X=${text}"`);
  });

  it.each([
    ["100%", '@set "X=100%%"'],
    ["p%40ss%PATH%", '@set "X=p%%40ss%%PATH%%"'],
    ['say "a&b" & go', '@set "X=say "a^&b" & go"'],
  ])("holds %j", expectMade(assignmentIn("cmd")));

  it("leaves out what has more than one line, and says so", () => {
    const { text, notes } = renderShell("cmd", exported({ LINES: "one\ntwo", NEXT: "x" }), [], readShellState({}));
    expect(text).not.toContain("one");
    expect(text).toContain('@set "NEXT=x"');
    expect(notes).toEqual(["LINES is left out: its value has more than one line"]);
  });

  it("reads itself as UTF-8 only where that makes a difference", () => {
    const render = (value: string): string => renderShell("cmd", exported({ X: value }), [], readShellState({})).text;
    expect(render("plain")).not.toContain("chcp");
    expect(render("Zürich")).toMatch(/chcp 65001[^]*Zürich[^]*chcp %SALLYPORT_CODE_PAGE%/);
  });

  it("adds to a variable without reading its value as a command", () => {
    expect(shells.cmd.set("TO", { kind: "text", text: "50% more", behind: "FROM" })).toBe(
      `@for /f "tokens=1* delims==" %%a in ('set FROM 2^>nul') do @if /i "%%a"=="FROM" set "TO=%%b 50%% more"`,
    );
    expect(shells.cmd.set("TO", { kind: "text", text: "50% more", before: "FROM" })).toBe(
      `@for /f "tokens=1* delims==" %%a in ('set FROM 2^>nul') do @if /i "%%a"=="FROM" set "TO=50%% more %%b"`,
    );
  });

  it("copies a variable without reading its value as a command", () => {
    expect(shells.cmd.set("TO", { kind: "variable", variable: "FROM" })).toBe(
      `@for /f "tokens=1* delims==" %%a in ('set FROM 2^>nul') do @if /i "%%a"=="FROM" set "TO=%%b"`,
    );
  });
});

describe("a variable whose name no shell can hold", () => {
  it("is left alone, and told of", () => {
    const { text, notes } = renderShell("bash", exported({ X: "1" }), ["npm_config_https-proxy"], readShellState({}));
    expect(text).not.toContain("npm_config");
    expect(notes.join()).toContain("npm_config_https-proxy stays set");
  });
});

describe("the variables without an earlier sallyport env", () => {
  const state = {
    SALLYPORT_ENV: "HTTPS_PROXY SSL_CERT_FILE DENO_CERT ALL_PROXY",
    SALLYPORT_OLD_SSL_CERT_FILE: "/mine.pem",
    SALLYPORT_OLD_ALL_PROXY: "http://all:1",
    SSL_CERT_FILE: "/data/sallyport/authorities-1.pem",
    DENO_CERT: "/data/sallyport/extra-1.pem",
  };

  it("are the ones from before where a file of ours, or nothing, stands now", () => {
    const original = withoutOurs({ ...state, HTTPS_PROXY: "http://p:1" }, "/data/sallyport");
    expect(original).toMatchObject({
      SSL_CERT_FILE: "/mine.pem",
      ALL_PROXY: "http://all:1",
      HTTPS_PROXY: "http://p:1",
    });
    expect(original["DENO_CERT"]).toBeUndefined();
  });

  it("are the present ones where the user has set them since", () => {
    expect(withoutOurs({ ...state, SSL_CERT_FILE: "/new.pem" }, "/data/sallyport")).toMatchObject({
      SSL_CERT_FILE: "/new.pem",
    });
  });

  it("hold the options from before the preload, of whatever installation", () => {
    const value = '--no-warnings --require "/old/place/dist/preload/register.cjs"';
    const variables = {
      SALLYPORT_ENV: "NODE_OPTIONS",
      NODE_OPTIONS: value,
      SALLYPORT_OLD_NODE_OPTIONS: "--no-warnings",
    };
    expect(withoutOurs(variables, "/data/sallyport")["NODE_OPTIONS"]).toBe("--no-warnings");
  });

  it("do not know of a gateway that was passed on", () => {
    const url = "http://sallyport:token@127.0.0.1:8888";
    const original = withoutOurs(
      {
        SALLYPORT_ENV: "HTTPS_PROXY",
        HTTPS_PROXY: url,
        SALLYPORT_GATEWAY: url,
        SALLYPORT_OLD_HTTPS_PROXY: "http://p:1",
      },
      "/data/sallyport",
    );
    expect(original["HTTPS_PROXY"]).toBe("http://p:1");
  });

  it("take no names from the record but names", () => {
    expect(readShellState({ SALLYPORT_ENV: "HTTPS_PROXY $(id) x;y A-B https_proxy" }).recorded).toEqual([
      "HTTPS_PROXY",
      "https_proxy",
    ]);
  });
});
