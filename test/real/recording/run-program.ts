import { spawn } from "node:child_process";
import { whenEnded } from "../../matrix/support/spawn.js";
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
export async function runProgram(command: Command, home: string): Promise<Ended> {
  const [program = "", ...args] = command.argv;
  const child = spawn(program, args, {
    cwd: home,
    env: { PATH: process.env["PATH"] ?? "", HOME: home, LANG: "C.UTF-8", ...command.variables },
    stdio: ["pipe", "pipe", "pipe"],
    // A group of its own, so that what it has started ends with it.
    detached: true,
  });
  child.stdin.on("error", () => undefined).end(command.input ?? "");
  const { status, timedOut, stdout, stderr } = await whenEnded(child, enough);
  return { status: timedOut ? null : status, stdout, stderr };
}
