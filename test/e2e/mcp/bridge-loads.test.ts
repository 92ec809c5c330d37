import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { serve, welcome } from "./support/bridged.js";

const bin = join(import.meta.dirname, "../../../dist/cli/bin.cjs");
const hello = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "t", version: "1" } },
};

/** The files that Node ran for a bridge that said hello to `url`, by the names that the build gives them. */
async function loadedFor(url: URL): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), "sallyport-loaded-"));
  try {
    const child = spawn(process.execPath, [bin, "mcp", url.href, "--no-browser"], {
      env: { HOME: folder, SALLYPORT_CERT_STORE: "bundled", NODE_V8_COVERAGE: folder },
      stdio: ["pipe", "pipe", "ignore"],
    });
    child.stdin.write(`${JSON.stringify(hello)}\n`);
    await once(child.stdout, "data");
    child.stdin.end();
    await once(child, "close");
    const reports = (await readdir(folder)).filter((name) => name.startsWith("coverage-"));
    const texts = await Promise.all(reports.map((name) => readFile(join(folder, name), "utf8")));
    return texts.flatMap((text) => (JSON.parse(text) as { result: { url: string }[] }).result.map((each) => each.url));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const isLogin = (url: string): boolean => /\/chunks\/login-[^/]*\.cjs$/.test(url);
const isSdk = (url: string): boolean => url.includes("/@modelcontextprotocol/");

test("no SDK is loaded, and what logs in only when a server answers 401", async () => {
  await using open = await serve(({ message, json }) =>
    json({ jsonrpc: "2.0", id: message.id ?? null, result: welcome }),
  );
  await using closed = await serve(({ answer }) => void answer.writeHead(401).end());
  const [without, asked] = await Promise.all([loadedFor(open.url), loadedFor(closed.url)]);
  expect(without.filter((url) => isLogin(url) || isSdk(url))).toEqual([]);
  expect(without.length).toBeGreaterThan(10);
  expect(asked.filter(isSdk)).toEqual([]);
  // The build still calls it so, and it would be seen.
  expect(asked.filter(isLogin)).toHaveLength(1);
});
