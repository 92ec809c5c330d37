import { spawn, type ChildProcess } from "node:child_process";
import { openSync, closeSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { once } from "node:events";
import { accepting } from "./ports.js";

/** A server that this test started, and that only this test ends: by the child it holds, never by name. */
export interface Daemon {
  readonly name: string;
  stop(): Promise<void>;
}

export interface DaemonOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Every port that must accept before the daemon counts as up. */
  readonly ports: readonly number[];
  /** Where its output goes: `<name>.out`. */
  readonly directory: string;
  /** Default: that of this process. */
  readonly account?: Account | undefined;
  /** Beside the few variables that each daemon gets. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The account that daemons run as. Set by root, which has to step down; anybody else is unprivileged already. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Starts a daemon in the foreground and waits until it accepts on all its ports. */
export async function startDaemon(name: string, options: DaemonOptions): Promise<Daemon> {
  const log = join(options.directory, `${name}.out`);
  const out = openSync(log, "a");
  const child = spawn(options.command, options.args, {
    cwd: options.directory,
    // Nothing of the caller's environment: a daemon must not see its proxies or CAs.
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: options.directory, TMPDIR: options.directory, ...options.env },
    stdio: ["ignore", out, out],
    ...options.account,
  });
  closeSync(out);
  let spawnError: Error | undefined;
  child.on("error", (error) => (spawnError = error));
  const daemon = { name, stop: () => stop(child) };
  const failed = (): string | undefined => {
    if (spawnError !== undefined) return `${name} cannot be started: ${spawnError.message}`;
    if (child.exitCode === null && child.signalCode === null) return undefined;
    return `${name} ended with ${child.exitCode ?? child.signalCode}:\n${readFileSync(log, "utf8").slice(-2000)}`;
  };
  try {
    for (const port of options.ports) await accepting(port, failed);
  } catch (error) {
    await daemon.stop();
    throw error;
  }
  return daemon;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  // squid takes one to three seconds to go; beyond that it is stuck, and its helpers end with it.
  const stuck = setTimeout(() => child.kill("SIGKILL"), 6000);
  await gone;
  clearTimeout(stuck);
}
