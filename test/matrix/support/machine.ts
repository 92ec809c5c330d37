import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Programs, Row } from "../rows.js";

/** What the clients see of this machine's variables. */
export const plainEnvironment = {
  PATH: process.env["PATH"] ?? "",
  HOME: process.env["HOME"] ?? "/",
  LANG: "C.UTF-8",
};

/** Finds the programs of the rows. */
export function findPrograms(given: Omit<Programs, "python" | "find">): Programs {
  return {
    ...given,
    python: pythonWithRequests(),
    find: (name) =>
      plainEnvironment.PATH.split(":")
        .map((folder) => join(folder, name))
        .find((path) => existsSync(path)),
  };
}

/** The interpreter itself, and not a shim that looks for it again at every start. */
function pythonWithRequests(): string | undefined {
  const script = "import sys, requests, pip; print(sys.executable)";
  const { status, stdout } = spawnSync("python3", ["-c", script], { encoding: "utf8", env: plainEnvironment });
  return status === 0 ? stdout.trim() : undefined;
}

/** `7.30.2`. */
export function versionOf(row: Row, programs: Programs): string {
  const { version } = row;
  if (version === "node") return execFileSync(programs.node, ["--version"], { encoding: "utf8" }).trim().slice(1);
  if ("known" in version) return version.known;
  if ("package" in version) {
    const manifest = join(programs.directory, "node_modules", version.package, "package.json");
    const { version: found } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly version: string };
    return found;
  }
  const [command = "", ...args] = version.command;
  const { stdout, stderr } = spawnSync(command, args, { encoding: "utf8", env: plainEnvironment });
  return /\d+(?:\.\d+)+/.exec(`${stdout ?? ""}${stderr ?? ""}`)?.[0] ?? "unknown";
}
