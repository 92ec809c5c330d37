import { describe, expect, it } from "vitest";
import { Interrupted, OutputClosed, type Io } from "../../src/cli/terminal/io.js";
import { main } from "../../src/cli/main.js";

interface Captured {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `sallyport run`, as an embedding program has it that wants to see what the command prints. */
async function capture(argv: readonly string[], changes: Partial<Io> = {}): Promise<Captured> {
  let [stdout, stderr] = ["", ""];
  const exit = await main(["run", "--no-check", "--", ...argv], {
    stdout: { isTTY: false, write: (chunk) => Promise.resolve(void (stdout += Buffer.from(chunk).toString())) },
    stderr: { isTTY: false, write: (chunk) => Promise.resolve(void (stderr += Buffer.from(chunk).toString())) },
    stdin: (async function* () {})(),
    variables: { HOME: "/nonexistent", CLAUDE_CODE_CERT_STORE: "bundled" },
    signal: new AbortController().signal,
    capture: true,
    ...changes,
  });
  return { exit, stdout, stderr };
}

const script = (code: string): string[] => [process.execPath, "-e", code];

describe("a command whose output is captured", () => {
  it("has all of it captured, to the last byte, each on its own side, and its exit status given", async () => {
    const code = "process.stderr.write('woe\\n'); process.stdout.write('x'.repeat(3_000_000)); process.exitCode = 7";
    const { exit, stdout, stderr } = await capture(script(code));
    expect([exit, stdout.length]).toEqual([7, 3_000_000]);
    expect(stderr).toBe("sallyport: directly\nwoe\n");
  });

  it("finds its stdin at the end, and waits for nobody", async () => {
    const { stdout } = await capture(script("process.stdin.on('end', () => console.log('end')).resume()"));
    expect(stdout).toBe("end\n");
  });

  it("that does not exist is reported as ever", async () => {
    const { exit, stderr } = await capture(["no-such-command"]);
    expect(exit).toBe(127);
    expect(stderr).toMatch(/^sallyport: directly\nerror: the command "no-such-command" was not found\nhint: .+\n$/);
  });

  it("ends with the one who asked for it", async () => {
    const controller = new AbortController();
    const { exit } = await capture(script("console.log('up'); setInterval(() => {}, 1000)"), {
      signal: controller.signal,
      stdout: { isTTY: false, write: async () => controller.abort(new Interrupted("SIGTERM")) },
    });
    expect(exit).toBe(143);
  });

  it("ends quietly when nobody takes its output any more, and is not called impossible to execute", async () => {
    const { exit, stderr } = await capture(script("console.log('up')"), {
      stdout: { isTTY: false, write: () => Promise.reject(new OutputClosed("nobody reads")) },
    });
    expect([exit, stderr]).toEqual([0, "sallyport: directly\n"]);
  });
});
