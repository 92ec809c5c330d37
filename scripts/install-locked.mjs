import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * `npm ci` in a folder that has a lock file of its own, unless what that names is there already. Says whether it is there now.
 * `flags`: more of npm's. `begin`: called before it takes its time. `timeout`: milliseconds; default: none.
 */
export function installLocked(folder, { flags = [], begin = () => undefined, timeout } = {}) {
  const lock = readFileSync(join(folder, "package-lock.json"), "utf8");
  const stamp = join(folder, "node_modules", ".installed-lock.json");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return true;
  begin();
  const isWindows = process.platform === "win32";
  const { status } = spawnSync(
    isWindows ? "npm.cmd" : "npm",
    ["ci", ...flags, "--no-audit", "--no-fund", "--loglevel=error"],
    { cwd: folder, stdio: ["ignore", "ignore", "inherit"], shell: isWindows, timeout },
  );
  if (status !== 0) return false;
  writeFileSync(stamp, lock);
  return true;
}
