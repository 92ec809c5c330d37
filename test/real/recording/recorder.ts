import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Plugin } from "esbuild";
import { bundleForNode } from "../../../scripts/bundle-for-node.mjs";
import { ownNetwork } from "../../support/network-namespace.mjs";
import type { Recorded } from "../../e2e/catalogue/support/recorded.js";
import type { Wanted } from "./main.js";

const root = join(import.meta.dirname, "../../..");

/** Runs programs in the scenes, in a namespace out of which nothing leads: whatever they try to tell their makers stays here. */
export async function recordPrograms(wanted: Omit<Wanted, "file" | "repository">): Promise<Recorded> {
  const bundle = join(root, "node_modules/.cache/sallyport/recording.mjs");
  await bundleForNode({
    entryPoints: [join(import.meta.dirname, "main.ts")],
    outfile: bundle,
    plugins: [ownFolders],
  });
  const folder = mkdtempSync(join(tmpdir(), "sallyport-recording-"));
  try {
    const file = join(folder, "recorded.json");
    const resolver = join(folder, "resolv.conf");
    writeFileSync(resolver, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
    const script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
    const given = JSON.stringify({ ...wanted, repository: root, file } satisfies Wanted);
    await ending([...ownNetwork, "/bin/sh", "-c", script, resolver, process.execPath, bundle, given]);
    return JSON.parse(readFileSync(file, "utf8")) as Recorded;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function ending(args: readonly string[]): Promise<void> {
  const { PATH = "", HOME = "/", TMPDIR = "/tmp" } = process.env;
  const child = spawn("unshare", args, {
    stdio: ["ignore", "inherit", "pipe"],
    env: { PATH, HOME, TMPDIR, LANG: "C.UTF-8" },
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => (status === 0 ? resolve() : reject(new Error(`the recording ended: ${said}`))));
  });
}

/** Each module of a bundle is where its source lies. */
const ownFolders: Plugin = {
  name: "own-folders",
  setup: ({ onLoad }) => {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      return { loader: "ts", contents: source.replaceAll("import.meta.dirname", JSON.stringify(dirname(path))) };
    });
  },
};
