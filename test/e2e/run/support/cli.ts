import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export const bin = join(import.meta.dirname, "../../../../dist/cli/bin.cjs");

export interface Ran {
  readonly exit: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  /** Resolves when stdout holds the text. */
  said(text: string): Promise<void>;
  readonly ended: Promise<Ran>;
}

export interface RunEnvironment {
  /** All that the command gets besides PATH and a home without files. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** A session of its own, without a terminal: default true, so that it does not matter where the tests run. */
  readonly detached?: boolean;
  readonly cwd?: string;
}

/** Starts the program as it was built, with an environment that holds nothing of the machine's. */
export function start(argv: readonly string[], environment: RunEnvironment = {}): Running {
  const { variables = {}, stdin = "", detached = true, cwd } = environment;
  const child = spawn(process.execPath, [bin, ...argv], {
    env: { PATH: process.env["PATH"] ?? "", HOME: "/nonexistent", CLAUDE_CODE_CERT_STORE: "bundled", ...variables },
    stdio: ["pipe", "pipe", "pipe"],
    detached,
    ...(cwd !== undefined && { cwd }),
  });
  let stdout = "";
  let stderr = "";
  const waiting = new Map<string, () => void>();
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
    for (const [text, tell] of waiting) if (stdout.includes(text)) tell();
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  // A child that does not read its stdin may be gone before it is written.
  child.stdin.on("error", () => undefined).end(stdin);
  const ended = once(child, "close").then(([exit, signal]) => ({
    exit: exit as number | null,
    signal: signal as NodeJS.Signals | null,
    stdout,
    stderr,
  }));
  return {
    process: child,
    ended,
    said: (text) =>
      Promise.race([
        new Promise<void>((resolve) => {
          if (stdout.includes(text)) resolve();
          else waiting.set(text, resolve);
        }),
        ended.then((ran) => {
          throw new Error(`it ended without saying ${JSON.stringify(text)}: ${JSON.stringify(ran)}`);
        }),
      ]),
  };
}

export const run = (argv: readonly string[], environment?: RunEnvironment): Promise<Ran> =>
  start(argv, environment).ended;
