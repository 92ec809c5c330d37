import { spawn } from "node:child_process";
import type { Command } from "./programs.js";

export interface Ended {
  /** Null where it was ended, since it would not end. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Milliseconds that a program has. */
const enough = 12_000;

/** Runs it to its end, in a home of its own and with nothing of this machine's variables. */
export function runProgram(command: Command, home: string): Promise<Ended> {
  const [program = "", ...args] = command.argv;
  const child = spawn(program, args, {
    cwd: home,
    env: { PATH: process.env["PATH"] ?? "", HOME: home, LANG: "C.UTF-8", ...command.variables },
    stdio: ["pipe", "pipe", "pipe"],
    // A group of its own, so that what it has started ends with it.
    detached: true,
  });
  child.stdin.on("error", () => undefined).end(command.input ?? "");
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (text: string) => (output[name] += text));
  let late = false;
  const end = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // The group is gone already.
    }
  };
  const timer = setTimeout(() => {
    late = true;
    end();
  }, enough);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", end);
    child.once("close", (status) => {
      clearTimeout(timer);
      resolve({ status: late ? null : status, ...output });
    });
  });
}
