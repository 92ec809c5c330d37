import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startDaemon } from "./daemon.js";
import { findProgram } from "./programs.js";
import { nobody } from "./site.js";

/** Where its library looks for the daemon, which no setting changes. */
const socketFolder = "/run/samba/winbindd";

/** samba's winbindd, which checks NTLM answers of version 2 against one account of its own. */
export interface Winbind extends AsyncDisposable {
  readonly user: string;
  /** The line that lets squid ask it. */
  readonly helper: string;
}

/**
 * @returns undefined where it is missing, where this is not root, which it needs to be, or where the machine has one of its own
 */
export async function startWinbind(password: string): Promise<Winbind | undefined> {
  const [winbindd, smbpasswd, ntlmAuth] = ["winbindd", "smbpasswd", "ntlm_auth"].map(findProgram);
  const account = nobody();
  if (winbindd === undefined || smbpasswd === undefined || ntlmAuth === undefined || account === undefined)
    return undefined;
  if (existsSync(join(socketFolder, "pipe")) && spawnSync("wbinfo", ["--ping"], { stdio: "ignore" }).status === 0)
    return undefined;
  const directory = await mkdtemp(join(tmpdir(), "sallyport-winbind-"));
  const at = (file: string): string => join(directory, file);
  const folders = ["private", "lock", "state", "cache", "pid", "ncalrpc"];
  await Promise.all(folders.map((name) => mkdir(at(name))));
  await mkdir(socketFolder, { recursive: true });
  await writeFile(at("smb.conf"), configuration(at));
  // An account must also be one of the machine's: this one is everywhere.
  const user = "nobody";
  const config = at("smb.conf");
  execFileSync(smbpasswd, ["-c", config, "-s", "-a", user], {
    input: `${password}\n${password}\n`,
    stdio: ["pipe", "ignore", "pipe"],
  });
  await chmod(directory, 0o755);
  const daemon = await startDaemon("winbindd", {
    command: winbindd,
    args: ["-F", "--no-process-group", `--configfile=${config}`, "--debug-stdout"],
    ports: [],
    directory,
  });
  const stop = async (): Promise<void> => {
    await daemon.stop();
    // What it has started on demand outlives it, and has written down its number.
    for (const file of await readdir(at("pid"))) end(Number.parseInt(await readFile(at(`pid/${file}`), "utf8"), 10));
    await rm(directory, { recursive: true, force: true });
  };
  const check = (): boolean =>
    spawnSync(ntlmAuth, [`--configfile=${config}`, `--username=${user}`, "--domain=LAB", `--password=${password}`], {
      stdio: "ignore",
    }).status === 0;
  for (const deadline = performance.now() + 15_000; !check(); await delay(50)) {
    if (performance.now() > deadline) {
      await stop();
      throw new Error(`winbindd does not answer; see ${at("winbindd.out")}`);
    }
  }
  // For the account that squid runs as; the mode stays, which the daemon insists on.
  const privileged = at("state/winbindd_privileged");
  execFileSync("chgrp", [String(account.gid), privileged]);
  await chmod(privileged, (await stat(privileged)).mode & 0o777);
  return {
    user,
    helper: `${ntlmAuth} --configfile=${config} --helper-protocol=squid-2.5-ntlmssp`,
    [Symbol.asyncDispose]: stop,
  };
}

function end(pid: number): void {
  try {
    if (pid > 1) process.kill(pid, "SIGTERM");
  } catch {
    // Gone already.
  }
}

const configuration = (at: (file: string) => string): string => `[global]
 workgroup = WG
 netbios name = LAB
 server role = standalone server
 security = user
 passdb backend = tdbsam:${at("passdb.tdb")}
 private dir = ${at("private")}
 lock directory = ${at("lock")}
 state directory = ${at("state")}
 cache directory = ${at("cache")}
 pid directory = ${at("pid")}
 ncalrpc dir = ${at("ncalrpc")}
 log file = ${at("log.%m")}
 interfaces = lo
 bind interfaces only = yes
 idmap config * : backend = tdb
 idmap config * : range = 10000-19999
 ntlm auth = ntlmv2-only
 winbind use default domain = yes
`;
