import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { createPrivateFolder } from "./private-folder.js";
import { bundleForNode } from "../../scripts/bundle-for-node.mjs";

const exits = process.listenerCount("exit");

describe("a private folder", () => {
  it("and what is in it is for this user alone", async () => {
    await using folder = await createPrivateFolder();
    const file = await folder.write("secret", "s");
    expect(dirname(file)).toBe(folder.path);
    expect([(await stat(folder.path)).mode & 0o777, (await stat(file)).mode & 0o777]).toEqual([0o700, 0o600]);
    expect(await readFile(file, "utf8")).toBe("s");
  });

  it("writes no file twice: what lies there may be somebody else's", async () => {
    await using folder = await createPrivateFolder();
    await folder.write("once", "1");
    await expect(folder.write("once", "2")).rejects.toMatchObject({ code: "EEXIST" });
  });

  it("is gone when it is disposed of, in either way, and no listener stays behind", async () => {
    const first = await createPrivateFolder();
    const second = await createPrivateFolder();
    await first.write("a", "1");
    await second.write("a", "1");
    await first[Symbol.asyncDispose]();
    second[Symbol.dispose]();
    expect([existsSync(first.path), existsSync(second.path)]).toEqual([false, false]);
    expect(process.listenerCount("exit")).toBe(exits);
  });

  it("is gone when the process exits in the midst of its work", async () => {
    await using folder = await createPrivateFolder();
    const program = join(folder.path, "program.mjs");
    const source = join(import.meta.dirname, "private-folder.ts");
    await bundleForNode({ entryPoints: [source], outfile: program });
    const code = `
      const { createPrivateFolder } = await import(process.argv[1]);
      const folder = await createPrivateFolder();
      await folder.write("a", "1");
      console.log(folder.path);
      process.exit(3);`;
    const run = promisify(execFile)(process.execPath, ["--input-type=module", "-e", code, program]);
    const { stdout } = (await run.catch((error: unknown) => error)) as { stdout: string };
    expect(stdout).toMatch(/sallyport-/);
    expect(existsSync(stdout.trim())).toBe(false);
  });
});
