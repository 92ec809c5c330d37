import { spawn, type ChildProcessByStdio } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

export interface Ended {
  readonly status: number | null;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SpawnOptions {
  readonly env: Record<string, string>;
  readonly cwd: string;
  /** The resolver that the command shall ask. */
  readonly nameServer: string;
  /** Milliseconds. */
  readonly timeout: number;
}

// Bound over the machine's own in a mount namespace that this command alone is in.
const script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';

/** Runs a command to its end, in an environment and with a resolver of its own. */
export function run(command: readonly string[], options: SpawnOptions): Promise<Ended> {
  const resolver = join(options.cwd, "resolv.conf");
  writeFileSync(resolver, `nameserver ${options.nameServer}\n`);
  const wrapped = ["--mount", "--propagation", "private", "/bin/sh", "-c", script, resolver, ...command];
  // A group of its own, so that what the command has started ends with it.
  const child = spawn("/usr/bin/unshare", wrapped, {
    cwd: options.cwd,
    env: options.env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  return whenEnded(child, options.timeout);
}

/**
 * Waits for a program that leads a group of its own, with which all that it has started ends.
 * @param timeout milliseconds, after which it is ended
 */
export function whenEnded(
  child: ChildProcessByStdio<Writable | null, Readable, Readable>,
  timeout: number,
): Promise<Ended> {
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (text: string) => (output[name] += text));
  let timedOut = false;
  const end = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // The group is gone already.
    }
  };
  const timer = setTimeout(() => {
    timedOut = true;
    end();
  }, timeout);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    // What a command leaves behind in the background may hold its output open.
    child.once("exit", end);
    child.once("close", (status) => {
      clearTimeout(timer);
      resolve({ status, timedOut, ...output });
    });
  });
}
