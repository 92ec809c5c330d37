import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { decodeText } from "../base/decode-text.js";
import type { RunOptions } from "../base/system.js";
import { cannotStart, dependsOnItself, failure, tooMuchOutput, tooSlow } from "./faults.js";
import { withinVariable } from "./own-process.js";
import { clearTimeout, setTimeout } from "../base/timers.js";

const defaultTimeout = 10_000;
/** A secret is short: what says more than this is not the command that was meant. */
const defaultMaximumOutput = 64 * 1024;

/**
 * Runs a command and gives its standard output. See {@link System.run}.
 *
 * Such commands print secrets, and their command lines may hold some. So nothing that they print and nothing of the
 * command line goes into an error: it says how the command ended, and who wants more runs it by hand.
 */
export function runCommand(command: string | readonly string[], options: RunOptions = {}): Promise<string> {
  const { timeout = defaultTimeout, maximumOutput = defaultMaximumOutput, signal } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(abortReason(signal));
    let child: ChildProcess;
    try {
      child = start(command, options);
    } catch (error) {
      return reject(error instanceof CalledByItself ? dependsOnItself() : cannotStart(error));
    }
    const chunks: Buffer[] = [];
    let length = 0;

    const finish = (end: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      end();
    };
    const stop = (error: unknown): void =>
      finish(() => {
        endTree(child);
        // A grandchild that survives would hold the pipe open, and with it this process.
        child.stdout?.destroy();
        child.unref();
        reject(error);
      });
    const onAbort = (): void => stop(abortReason(signal));
    const timer = setTimeout(() => stop(tooSlow(timeout)), timeout);
    signal?.addEventListener("abort", onAbort, { once: true });

    child.stdout?.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > maximumOutput) stop(tooMuchOutput(maximumOutput));
      else chunks.push(chunk);
    });
    child.on("error", (error) => finish(() => reject(cannotStart(error))));
    child.on("close", (status, killedBy) =>
      finish(() => (status === 0 ? resolve(decodeText(Buffer.concat(chunks))) : reject(failure(status, killedBy)))),
    );
  });
}

/**
 * The environment of a command. It names the commands of ours that it runs under, itself among them: one that needs what it is to give
 * (a password's, which goes out through that proxy) would be started by itself again and again.
 */
function environmentOf(command: string | readonly string[], more: RunOptions["env"]): NodeJS.ProcessEnv {
  const within = (process.env[withinVariable] ?? "").split(",").filter((each) => each !== "");
  const digest = createHash("sha256").update(JSON.stringify(command)).digest("hex").slice(0, 16);
  if (within.includes(digest)) throw new CalledByItself();
  return { ...process.env, ...more, [withinVariable]: [...within, digest].join() };
}

class CalledByItself extends Error {}

function start(command: string | readonly string[], { env, directory }: RunOptions): ChildProcess {
  const options = {
    env: environmentOf(command, env),
    // Node would say of a missing one that the command is missing.
    cwd: directory !== undefined && existsSync(directory) ? directory : undefined,
    // No standard input: it may be the channel of an MCP server. Standard error is not ours to print.
    stdio: ["ignore", "pipe", "ignore"] as ["ignore", "pipe", "ignore"],
    windowsHide: true,
    // A process group of its own, so that a timeout ends a whole pipeline and not its shell alone.
    detached: process.platform !== "win32",
  };
  if (typeof command === "string") return spawn(command, { ...options, shell: true });
  const [file, ...args] = command;
  if (file === undefined || file === "") throw new Error("empty");
  return spawn(file, args, options);
}

function endTree(child: ChildProcess): void {
  if (child.pid === undefined) return;
  if (process.platform === "win32") {
    spawn("taskkill", ["/pid", String(child.pid), "/t", "/f"], { stdio: "ignore", windowsHide: true }).on("error", () =>
      child.kill(),
    );
    return;
  }
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // The group has ended by itself in the meantime.
    child.kill("SIGKILL");
  }
}

function abortReason(signal: AbortSignal | undefined): unknown {
  return signal?.reason ?? new DOMException("This operation was aborted", "AbortError");
}
