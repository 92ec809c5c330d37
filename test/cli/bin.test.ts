import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { closedPort } from "../support/closed-port.js";
import { ownFolder } from "../support/own-folder.js";

const root = join(import.meta.dirname, "../..");
const bin = join(root, "dist/cli/bin.cjs");
const execute = promisify(execFile);

/** Of the lab that `sallyport lab --json` describes. */
async function directoryOf(stdout: AsyncIterable<Buffer>): Promise<string> {
  let text = "";
  for await (const chunk of stdout) {
    text += chunk.toString();
    if (text.trimEnd().endsWith("}")) break;
  }
  return (JSON.parse(text) as { directory: string }).directory;
}

const folder = ownFolder("bin");

/** Names of the files of this package that the program has read at its end. */
async function ownFiles(argv: readonly string[]): Promise<string[]> {
  const [watch, list] = [join(folder, "watch.cjs"), join(folder, "list.json")];
  const script = `process.on("exit", () =>
    require("node:fs").writeFileSync(${JSON.stringify(list)}, JSON.stringify(Object.keys(require.cache))));`;
  await writeFile(watch, script);
  await execute(process.execPath, ["--require", watch, bin, ...argv]);
  const read = JSON.parse(await readFile(list, "utf8")) as string[];
  return read.filter((path) => path.startsWith(join(root, "dist"))).map((path) => basename(path));
}

describe("the program itself, as it was built", () => {
  it("prints its version, and loads nothing else for it", async () => {
    const { stdout } = await execute(process.execPath, [bin, "--version"]);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(await ownFiles(["--version"])).toEqual(["bin.cjs"]);
  });

  it("reads two files of its own for `run`, since each further one costs time before the command begins", async () => {
    expect(await ownFiles(["run", "--", "true"])).toEqual(["bin.cjs", expect.stringMatching(/^start-.*\.cjs$/)]);
  });

  it("gives its exit codes to the shell", async () => {
    await expect(execute(process.execPath, [bin, "fetch", "--nonsense"])).rejects.toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(/^error: [^\n]+\nhint: [^\n]+\n$/) as string,
    });
    const url = `http://127.0.0.1:${await closedPort()}/`;
    await expect(execute(process.execPath, [bin, "fetch", url])).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining("[TCP_REFUSED]") as string,
    });
  });

  it("ends with 3, and says so, where it waits for what can no longer come", async () => {
    const silent = join(folder, "silent.cjs");
    const stdin = "{ async *[Symbol.asyncIterator]() { await new Promise(() => {}); } }";
    await writeFile(silent, `Object.defineProperty(process, "stdin", { value: ${stdin} });`);
    await expect(execute(process.execPath, ["--require", silent, bin, "explain-error"])).rejects.toMatchObject({
      code: 3,
      stdout: "",
      stderr: expect.stringMatching(/^error: internal: [^\n]+\nhint: [^\n]+\n$/) as string,
    });
  });

  it("ends quietly when a pipe's reader goes away", async () => {
    const child = spawn(process.execPath, [bin, "fetch", "--help"], { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    const [code] = (await once(child, "close")) as [number | null];
    expect([code, stderr]).toEqual([0, ""]);
  });

  const endings = [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const;
  for (const [signal, expected] of endings) {
    it.skipIf(process.platform === "win32")(
      `ends with ${expected} on ${signal}, and removes its lab's keys`,
      async () => {
        const child = spawn(process.execPath, [bin, "lab", "--json"], { stdio: ["ignore", "pipe", "pipe"] });
        const closed = once(child, "close") as Promise<[number | null]>;
        try {
          const directory = await directoryOf(child.stdout);
          child.kill(signal);
          const [code] = await closed;
          expect(code).toBe(expected);
          expect(existsSync(directory)).toBe(false);
        } finally {
          child.kill("SIGTERM");
          await closed;
        }
      },
    );
  }

  it.skipIf(process.platform === "win32")(
    "removes them on a second Ctrl-C too, whatever still runs inside",
    async () => {
      const stubborn = `process.on("SIGTERM", () => console.log("no"));
      console.log(JSON.stringify({ pid: process.pid, bundle: process.env.NODE_EXTRA_CA_CERTS }));
      setInterval(() => {}, 60_000);`;
      const child = spawn(process.execPath, [bin, "lab", "--", process.execPath, "-e", stubborn], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const ended = once(child, "exit") as Promise<[number | null]>;
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const { pid, bundle } = JSON.parse(String((await lines.next()).value)) as { pid: number; bundle: string };
      try {
        child.kill("SIGINT");
        expect((await lines.next()).value).toBe("no");
        child.kill("SIGINT");
        const [code] = await ended;
        expect(code).toBe(130);
        expect(existsSync(dirname(bundle))).toBe(false);
      } finally {
        process.kill(pid, "SIGKILL");
        child.kill("SIGKILL");
      }
    },
  );
});
