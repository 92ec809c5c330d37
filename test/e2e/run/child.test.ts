import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bin, run, start, type Running } from "./support/cli.js";

const node = process.execPath;
const script = (code: string): string[] => ["run", "--", node, "-e", code];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sallyport-child-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("a command's end", () => {
  it.each([0, 1, 2, 42, 255])("gives its exit status %i", async (status) => {
    expect(await run(script(`process.exit(${status})`))).toMatchObject({ exit: status, signal: null });
  });

  it("by SIGTERM ends us by SIGTERM, so that a shell sees what it would see without us", async () => {
    expect(await run(script("process.kill(process.pid, 'SIGTERM')"))).toMatchObject({ exit: null, signal: "SIGTERM" });
  });

  it("by SIGKILL gives 137, as in a shell", async () => {
    expect(await run(script("process.kill(process.pid, 'SIGKILL')"))).toMatchObject({ exit: 137, signal: null });
  });

  it("that is none, since there is no such command, gives 127", async () => {
    const ran = await run(["run", "--", "no-such-command"]);
    expect(ran).toMatchObject({ exit: 127, stdout: "" });
    expect(ran.stderr).toMatch(
      /^sallyport: directly\nerror: the command "no-such-command" was not found\nhint: .*PATH\n$/,
    );
  });

  it.each([
    ["it may not be executed", "no program", 0o600, "cannot be executed (EACCES)"],
    [
      "a script's interpreter is missing",
      "#!/no/such/interpreter\n",
      0o700,
      "names an interpreter that does not exist",
    ],
  ])("that is none, since %s, gives 126 and says so", async (_why, content, mode, said) => {
    const file = join(folder, `mode-${mode}`);
    await writeFile(file, content, { mode });
    const ran = await run(["run", "--", file]);
    expect(ran.exit).toBe(126);
    expect(ran.stderr).toContain(said);
  });

  it("is told as JSON where that was asked for", async () => {
    const { exit, stdout } = await run(["run", "--json", "--", "no-such-command"]);
    expect(exit).toBe(127);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, fault: { code: "CONFIG_INVALID", hop: "local" } });
  });

  it("is explained where a shell's way of setting a variable was used, without showing it", async () => {
    const { exit, stderr } = await run(["run", "--", "TOKEN=secret", "curl"]);
    expect(exit).toBe(127);
    expect(stderr).toContain("sallyport run -- env NAME=value command");
    expect(stderr).not.toContain("secret");
  });
});

describe("a command's input and output", () => {
  it("are its own: nothing is read from stdin, and nothing added to stdout", async () => {
    const echo = "process.stdin.pipe(process.stdout)";
    expect(await run(script(echo), { stdin: "line 1\nline 2" })).toMatchObject({ exit: 0, stdout: "line 1\nline 2" });
  });

  it("are handed on as blocking as they were: a program that knows no EAGAIN writes megabytes", async () => {
    const { exit, stdout } = await run(["run", "--", "head", "-c", "3000000", "/dev/zero"]);
    expect([exit, stdout.length]).toEqual([0, 3_000_000]);
  });

  it("are there when nobody reads what we say of ourselves", async () => {
    const running = start(script("console.log('ran'); process.exit(5)"));
    running.process.stderr?.destroy();
    expect(await running.ended).toMatchObject({ exit: 5, stdout: "ran\n" });
  });

  it("keep the arguments as they are, flags of ours among them", async () => {
    const show = "console.log(JSON.stringify(process.argv.slice(1)))";
    const args = ["--json", "--print", "--", "a b", "", "*", "--help"];
    const { stdout } = await run(["run", "--", node, "-e", show, "--", ...args]);
    expect(JSON.parse(stdout)).toEqual(args);
  });
});

/** Says "ready" with its directory of files, and each signal that it gets; ends at SIGUSR2. */
const listener = `
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1"])
    process.on(signal, () => console.log("got", signal));
  process.on("SIGUSR2", () => process.exit(7));
  console.log("ready", process.env.SSL_CERT_FILE, process.pid);
  setInterval(() => {}, 60_000);
`;

async function started(): Promise<Running & { readonly bundle: string; readonly child: number }> {
  const running = start(script(listener));
  let text = "";
  running.process.stdout?.on("data", (chunk: string) => (text += chunk));
  await running.said("\n");
  const [, bundle = "", pid = ""] = text.split(/\s+/);
  return { ...running, bundle, child: Number(pid) };
}

describe.skipIf(process.platform === "win32")("signals", () => {
  it.each(["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1"] as const)(
    "%s goes to the command, each time, and ends nothing here",
    async (signal) => {
      const running = await started();
      running.process.kill(signal);
      await running.said(`got ${signal}\n`);
      running.process.kill(signal);
      await running.said(`got ${signal}\ngot ${signal}\n`);
      expect(existsSync(running.bundle)).toBe(true);
      running.process.kill("SIGUSR2");
      expect(await running.ended).toMatchObject({ exit: 7, signal: null });
    },
  );

  it("leave no file behind, however the command ends", async () => {
    for (const signal of ["SIGTERM", "SIGKILL", "SIGUSR2"] as const) {
      const running = await started();
      expect(existsSync(running.bundle)).toBe(true);
      process.kill(running.child, signal === "SIGTERM" ? "SIGKILL" : signal);
      await running.ended;
      expect([signal, existsSync(running.bundle)]).toEqual([signal, false]);
    }
  });

  it("a command that dies of SIGINT has us die of it too, so that a shell's loop ends", async () => {
    const running = start(["run", "--", "sh", "-c", "echo ready; kill -INT $$; sleep 60"]);
    expect(await running.ended).toMatchObject({ signal: "SIGINT" });
  });

  it("before the launch ends us without a launch", async () => {
    const marker = join(folder, "launched");
    const file = join(folder, "ask");
    // The password's command tells that it was reached, and waits.
    await writeFile(file, `#!/bin/sh\necho asked > ${marker}.asked\nexec sleep 60\n`, { mode: 0o700 });
    const config = join(folder, "config.json");
    const proxy = { url: "http://127.0.0.1:1", username: "alice", password: { command: [file] } };
    await writeFile(config, JSON.stringify({ proxy }), { mode: 0o600 });
    const running = start(["run", "--check", "https://a.example/", "--", "touch", marker], {
      variables: { SALLYPORT_CONFIG: config },
    });
    while (!existsSync(`${marker}.asked`)) await new Promise((resolve) => setImmediate(resolve));
    running.process.kill("SIGINT");
    expect(await running.ended).toMatchObject({ exit: 130, stdout: "" });
    expect(existsSync(marker)).toBe(false);
  });
});

/** A terminal of its own, by util-linux: what is written to its input is typed. */
const hasScript = ((): boolean => {
  try {
    return execFileSync("script", ["--version"], { encoding: "utf8" }).includes("util-linux");
  } catch {
    return false;
  }
})();

describe.skipIf(!hasScript)("a terminal", () => {
  /** Runs a program there; `onReady` is called once, when it has said "ready" and the process that started it. */
  async function inTerminal(
    code: string,
    onReady: (parent: number, type: (keys: string) => void) => void,
  ): Promise<string> {
    const file = join(folder, `terminal-${process.hrtime.bigint()}.js`);
    await writeFile(file, `${code}; console.log("ready " + process.ppid);`);
    const command = `"${node}" "${bin}" run -- "${node}" "${file}"`;
    const terminal = spawn("script", ["-qec", command, "/dev/null"], {
      env: { PATH: process.env["PATH"], HOME: "/nonexistent", TERM: "xterm", CLAUDE_CODE_CERT_STORE: "bundled" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    const closed = once(terminal, "close");
    let text = "";
    let told = false;
    for await (const chunk of terminal.stdout.setEncoding("utf8") as AsyncIterable<string>) {
      text += chunk;
      const parent = /ready (\d+)\r?\n/.exec(text)?.[1];
      if (parent === undefined || told) continue;
      told = true;
      onReady(Number(parent), (keys) => terminal.stdin.write(keys));
    }
    await closed;
    return text;
  }

  it("is the command's: it sees one on all three descriptors, and its size", async () => {
    const code = `console.log("tty", [0, 1, 2].map((fd) => require("tty").isatty(fd)).join(), typeof process.stdout.columns)`;
    expect(await inTerminal(code, () => undefined)).toContain("tty true,true,true number");
  });

  it("sends Ctrl-C to the command, whose end we wait for", async () => {
    const code = `process.on("SIGINT", () => { console.log("got it"); process.exit(); }); setInterval(() => {}, 60_000)`;
    expect(await inTerminal(code, (_, type) => type("\u0003"))).toContain("got it");
  });

  it("has sent it alone: we do not hand it on as well, since twice would end many a program", async () => {
    const code = `
      process.on("SIGINT", () => console.log("got SIGINT"));
      process.on("SIGTERM", () => { console.log("got SIGTERM"); process.exit(); });
      setInterval(() => {}, 60_000)`;
    // To us alone. Of two signals the lower number is delivered first, so that the command would have said so by then.
    const text = await inTerminal(code, (parent) => {
      process.kill(parent, "SIGINT");
      process.kill(parent, "SIGTERM");
    });
    expect(text).toContain("got SIGTERM");
    expect(text).not.toContain("got SIGINT");
  });
});

describe("what others can see", () => {
  it("holds no secret: neither the arguments of our process nor those of the command", async () => {
    const running = start(script(listener), {
      variables: { HTTPS_PROXY: "http://alice:plant-password@127.0.0.1:1" },
    });
    await running.said("ready");
    const { stdout: processes } = await promisify(execFile)("ps", ["-ww", "-o", "args", "-A"]);
    expect(processes).toContain("dist/cli/bin.cjs run --");
    expect(processes).not.toContain("plant-password");
    running.process.kill("SIGUSR2");
    const { stderr } = await running.ended;
    expect(stderr).toContain("login alice");
    expect(stderr).not.toContain("plant-password");
  });
});
