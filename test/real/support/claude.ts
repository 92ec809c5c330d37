import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { builtCli } from "./built.js";

/** The version that the table in the README speaks of. */
export const claudeVersion = "2.1.330";

/** Kept beside the Node versions of the test matrix: 360 MB are not to be fetched for each run. */
const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "sallyport-ci");

/** The real Claude Code, installed from npm where it is not there yet; a sentence where it cannot be had. */
export function claudeProgram(): { readonly path: string } | { readonly missing: string } {
  const folder = join(cache, `claude-${claudeVersion}`);
  const path = join(folder, "node_modules", ".bin", "claude");
  if (!existsSync(path)) {
    const failed = install(folder);
    if (failed !== undefined) return { missing: failed };
  }
  const version = spawnSync(path, ["--version"], { encoding: "utf8", env: { PATH: process.env["PATH"] ?? "" } });
  if (version.status === 0 && version.stdout.startsWith(claudeVersion)) return { path };
  return { missing: `Claude Code ${claudeVersion} does not start on this machine` };
}

function install(folder: string): string | undefined {
  mkdirSync(folder, { recursive: true });
  const named = `@anthropic-ai/claude-code@${claudeVersion}`;
  const options = ["--prefix", folder, "--no-save", "--no-package-lock", "--no-audit", "--no-fund"];
  const { status } = spawnSync("npm", ["install", ...options, named], { stdio: "ignore", timeout: 120_000 });
  if (status === 0) return undefined;
  rmSync(folder, { recursive: true, force: true });
  return `npm cannot install ${named} here`;
}

export interface Answer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From the start of the command to its end, milliseconds. */
  readonly ms: number;
}

type Variables = Readonly<Record<string, string>>;

/** `sallyport run … -- claude -p hi`, with a home of its own and nothing of this machine's settings. */
export function runClaude(claude: string, variables: Variables, flags: readonly string[] = []): Promise<Answer> {
  const named = ["-p", "hi"];
  return answer(process.execPath, [builtCli, "run", ...flags, "--", "claude", ...named], {
    ...variables,
    PATH: [dirname(claude), process.env["PATH"]].join(delimiter),
  });
}

async function answer(program: string, args: readonly string[], variables: Variables): Promise<Answer> {
  const home = mkdtempSync(join(tmpdir(), "sallyport-claude-"));
  const started = performance.now();
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...variables,
      HOME: home,
      ANTHROPIC_API_KEY: "not-a-real-key",
      // Offline: it is to ask the Messages API, and nobody else.
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      DISABLE_AUTOUPDATER: "1",
    },
  });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (chunk: string) => (output[name] += chunk));
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    return { ...output, status, ms: performance.now() - started };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
