import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dirname, "../instruments");

/** The folder of the programs; a sentence where their packages cannot be had. */
export function instrumentPrograms(): { readonly folder: string } | { readonly missing: string } {
  const programs = join(folder, "programs");
  const lock = readFileSync(join(folder, "package-lock.json"), "utf8");
  const stamp = join(folder, "node_modules/.installed-lock.json");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return { folder: programs };
  const options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const { status } = spawnSync("npm", options, { cwd: folder, stdio: "ignore", timeout: 300_000 });
  if (status !== 0) return { missing: "npm cannot install the instruments here" };
  writeFileSync(stamp, lock);
  return { folder: programs };
}
