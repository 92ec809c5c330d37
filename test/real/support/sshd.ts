import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startDaemon, type Daemon } from "./daemon.js";
import { freePorts } from "./ports.js";
import { findProgram } from "./programs.js";

/** A real sshd with keys of its own, for root, who runs these tests. */
export interface Sshd {
  /** Options of ssh by which a user logs in there under any name of `names`, and is asked nothing. */
  readonly options: readonly string[];
  /** One connection on its stdin and stdout, as inetd has it. */
  inetd(): ChildProcess;
  /** As a daemon on a port of 127.0.0.1. */
  listen(): Promise<{ readonly port: number; readonly daemon: Daemon }>;
}

/** @returns undefined where it is not installed */
export function prepareSshd(folder: string, names: readonly string[]): Sshd | undefined {
  const [sshd, keygen] = [findProgram("sshd"), findProgram("ssh-keygen")];
  if (sshd === undefined || keygen === undefined) return undefined;
  const file = (name: string): string => join(folder, name);
  for (const name of ["host", "user"]) execFileSync(keygen, ["-q", "-t", "ed25519", "-N", "", "-f", file(name)]);
  const config = [
    `HostKey ${file("host")}`,
    `AuthorizedKeysFile ${file("user.pub")}`,
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "PermitRootLogin yes",
    "PidFile none",
  ];
  writeFileSync(file("sshd_config"), `${config.join("\n")}\n`);
  const key = readFileSync(file("host.pub"), "utf8");
  writeFileSync(file("known_hosts"), names.map((name) => `${name} ${key}`).join(""));
  chmodSync(file("user"), 0o600);
  // Where sshd keeps its unprivileged half: Debian's service makes it, and it is empty.
  if (!existsSync("/run/sshd")) mkdirSync("/run/sshd", { mode: 0o755 });
  const own = ["-F", "none", "-i", file("user"), "-o", `UserKnownHostsFile=${file("known_hosts")}`];
  return {
    options: [...own, "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"],
    inetd: () => spawn(sshd, ["-i", "-e", "-f", file("sshd_config")], { stdio: ["pipe", "pipe", "ignore"] }),
    async listen() {
      const port = (await freePorts(1))();
      const args = ["-D", "-e", "-f", file("sshd_config"), "-o", `ListenAddress=127.0.0.1:${port}`];
      const options = { command: sshd, args, ports: [port], directory: folder, account: undefined };
      return { port, daemon: await startDaemon("sshd", options) };
    },
  };
}
