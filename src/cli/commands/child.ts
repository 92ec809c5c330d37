import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, constants as fileConstants, existsSync, openSync } from "node:fs";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import { ConnectError } from "../../base/errors.js";
import type { Context } from "../context.js";
import { endedBy, type Output } from "../terminal/io.js";

/** The shell's own statuses for a command that was found and cannot be executed, and for one that was not found. */
const notExecutable = 126;
const notFound = 127;

/**
 * Runs a command with our terminal, and waits for it. Its process group is ours, so that it has the terminal: Ctrl-C, Ctrl-\ and Ctrl-Z
 * reach it without us. All descriptors are handed on untouched, unless the output is to be captured.
 * @returns its exit status; 128 and the number of the signal that ended it
 */
export async function runChild(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  context: Context,
  { json = false }: { readonly json?: boolean },
): Promise<number> {
  const [program = "", ...args] = argv;
  const { io } = context;
  let child: ChildProcess;
  try {
    child = spawn(program, args, { stdio: io.capture === true ? ["ignore", "pipe", "pipe"] : "inherit", env });
  } catch (error) {
    return refuse(program, error, context, json);
  }
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once("error", (error) => {
      // A signal that could not be delivered is reported here too: the child runs on.
      if (child.pid === undefined) reject(error);
    });
    child.once("exit", (status, signal) => resolve(status ?? signal ?? 0));
  });
  using _forwarding = io.onSignal?.((signal) => {
    if (!comesFromTerminal(signal)) child.kill(signal);
  });
  // Of an embedding program, which has signals of its own.
  const abort = (): void => void child.kill(endedBy(io.signal));
  io.signal.addEventListener("abort", abort, { once: true });
  try {
    const [end] = await Promise.all([ended, relay(child.stdout, io.stdout), relay(child.stderr, io.stderr)]);
    if (typeof end === "number") return end;
    // A shell's loop ends at Ctrl-C only when its command died of it, and not when it returned 130.
    if (ending.has(end)) io.endBy?.(end);
    return 128 + constants.signals[end];
  } catch (error) {
    // It was started: then it is our own output that nobody reads.
    if (child.pid !== undefined) throw error;
    return refuse(program, error, context, json);
  } finally {
    io.signal.removeEventListener("abort", abort);
  }
}

/** Null where the child has our descriptor. */
async function relay(stream: Readable | null, output: Output): Promise<void> {
  if (stream === null) return;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) await output.write(chunk);
}

/** Not those that dump core. */
const ending: ReadonlySet<NodeJS.Signals> = new Set<NodeJS.Signals>(["SIGINT", "SIGTERM", "SIGHUP"]);

/**
 * Whether the terminal has sent this signal to the child as well, as it does to its whole foreground group. Who the sender was cannot be
 * known; where there is a terminal, it is taken to be the one, since a program that gets Ctrl-C twice often ends at once.
 */
function comesFromTerminal(signal: NodeJS.Signals): boolean {
  return (signal === "SIGINT" || signal === "SIGQUIT") && hasTerminal();
}

function hasTerminal(): boolean {
  if (process.platform === "win32") return true;
  try {
    closeSync(openSync("/dev/tty", fileConstants.O_RDONLY | fileConstants.O_NOCTTY));
    return true;
  } catch {
    return false;
  }
}

async function refuse(program: string, error: unknown, { terminal }: Context, json: boolean): Promise<number> {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const missing = code === "ENOENT" && !existsSync(program);
  const fault = new ConnectError("CONFIG_INVALID", { hop: "local", ...explain(program, code, missing), cause: error });
  if (json) await terminal.json({ ok: false, fault });
  else await terminal.fail({ message: fault.message, remedy: fault.remedy });
  return missing ? notFound : notExecutable;
}

function explain(
  program: string,
  code: string,
  missing: boolean,
): { readonly message: string; readonly remedy: string } {
  if (/^\w+=/.test(program)) {
    return {
      message: "the command begins with a variable, which only a shell understands",
      remedy: "write sallyport run -- env NAME=value command",
    };
  }
  const name = shown(program);
  if (missing) {
    return {
      message: `the command ${name} was not found`,
      remedy:
        process.platform === "win32"
          ? "check its spelling; scripts need their shell: sallyport run -- cmd /c npm test"
          : "check its spelling, and that its folder is on the PATH",
    };
  }
  if (code === "ENOENT")
    return {
      message: `the command ${name} names an interpreter that does not exist`,
      remedy: "check the first line of the script",
    };
  if (code === "E2BIG")
    return {
      message: `the arguments of ${name} and its environment are too long (E2BIG)`,
      remedy: "pass the data in a file",
    };
  return {
    message: `the command ${name} cannot be executed${code === "" ? "" : ` (${code})`}`,
    remedy: "check that it is a program, and that this user may execute it (chmod +x)",
  };
}

/** As far as it looks like the name of a program, and not like a secret in the wrong place. */
const shown = (program: string): string => (/^[\w.,+@:/\\ -]{1,120}$/.test(program) ? `"${program}"` : "after run --");
