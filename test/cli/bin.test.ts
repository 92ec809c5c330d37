import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const bin = join(root, "dist/cli/bin.js");
const execute = promisify(execFile);

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

describe("the program itself, as it was built", () => {
  it("prints its version, and loads nothing else for it", async () => {
    const { stdout } = await execute(process.execPath, [bin, "--version"]);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    // All else is imported dynamically, further down.
    const imports = [...readFileSync(bin, "utf8").matchAll(/^import\b.*?"([^"]+)";$/gm)].map(([, name]) => name);
    expect(imports.filter((name) => name !== "node:fs")).toEqual([]);
  });

  it("gives its exit codes to the shell", async () => {
    await expect(execute(process.execPath, [bin, "fetch", "--nonsense"])).rejects.toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(/^error: [^\n]+\nhint: [^\n]+\n$/) as string,
    });
    const url = `http://127.0.0.1:${await closedPort()}/`;
    await expect(execute(process.execPath, [bin, "fetch", url])).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining("[TCP_REFUSED]") as string,
    });
  });

  it("ends quietly when a pipe's reader goes away", async () => {
    const child = spawn(process.execPath, [bin, "fetch", "--help"], { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    const [code] = (await once(child, "close")) as [number | null];
    expect([code, stderr]).toEqual([0, ""]);
  });

  it.skipIf(process.platform === "win32")("ends with 130 on Ctrl-C, and closes its lab before", async () => {
    const child = spawn(process.execPath, [bin, "lab", "--json"], { stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      text += chunk.toString();
      if (text.trimEnd().endsWith("}")) break;
    }
    const { directory } = JSON.parse(text) as { directory: string };
    child.kill("SIGINT");
    const [code] = (await once(child, "close")) as [number | null];
    expect(code).toBe(130);
    expect(existsSync(directory)).toBe(false);
  });
});
