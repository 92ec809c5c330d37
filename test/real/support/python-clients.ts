import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cache } from "./cache.js";
import { pythonSources } from "./tool-sources.js";

const python = "/usr/bin/python3";

/** Their newest releases; Debian's are years older, and read NO_PROXY otherwise. */
const releases = ["httpx==0.28.1", "aiohttp==3.14.3", "requests==2.34.2", "urllib3==2.8.0", "anthropic==1.13.0"];

export interface PythonClient {
  readonly name: string;
  readonly found: { readonly version: string } | { readonly missing: string };
  /** Asks for all of these, one after another. */
  command(urls: readonly string[]): readonly string[];
}

export function pythonClients(): readonly PythonClient[] {
  const folder = installed();
  return Object.entries(pythonSources).map(([name, source]) => {
    const [release = ""] = releases.filter((each) => each.startsWith(`${name.split(",")[0]}==`));
    return {
      name: `Python ${name} ${release.split("==")[1] ?? ""}`,
      found: folder === undefined ? { missing: "pip cannot install it here" } : { version: release },
      // Not by PYTHONPATH: what sallyport hands to its child is to be looked at, and nothing else.
      command: (urls) => [
        python,
        "-c",
        `import sys; sys.path.insert(0, ${JSON.stringify(folder)})\n${source}`,
        ...urls,
      ],
    };
  });
}

/** The folder of the packages; undefined where there is no index to get them from. */
function installed(): string | undefined {
  const name = createHash("sha256").update(releases.join()).digest("hex").slice(0, 12);
  const folder = join(cache, `python-clients-${name}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  const options = ["--quiet", "--target", part, "--retries=1", "--timeout=15", "--disable-pip-version-check"];
  const { status } = spawnSync(python, ["-m", "pip", "install", ...options, ...releases], {
    stdio: "ignore",
    timeout: 180_000,
  });
  if (status !== 0) return undefined;
  renameSync(part, folder);
  return folder;
}
