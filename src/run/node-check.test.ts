import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSystem } from "../env/index.js";
import { checkNodeOptions, type Probe } from "./node-check.js";
import { readNodeOptions, requireFirst } from "../tools/index.js";

describe("NODE_OPTIONS is taken apart as Node does it", () => {
  it.each([
    ["", []],
    ["  --a   b ", ["--a", "b"]],
    ['"--a b" c', ["--a b", "c"]],
    ['--title="a \\"b\\" \\\\"', ['--title=a "b" \\']],
    ["'--a b'", ["'--a", "b'"]],
    ["--a\\ b\t--c", ["--a\\", "b\t--c"]],
  ])("%j", (text, words) => expect(readNodeOptions(text).words).toEqual(words));

  it.each([
    ['"--a', "unterminated string"],
    ['"a\\', "invalid escape"],
  ])("%j is refused", (text, why) => expect(readNodeOptions(text).refused).toContain(why));
});

describe("the check of NODE_OPTIONS before a launch", () => {
  let folder: string;
  let preload: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sallyport-node-check-"));
    preload = join(folder, "preload.cjs");
    await writeFile(preload, 'globalThis[Symbol.for("sallyport.register")] = true;');
    await writeFile(join(folder, "tool"), "#!/usr/bin/env node\n");
    await writeFile(join(folder, "other"), "#!/bin/sh\n");
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** With this very Node; tells how often it was asked. */
  async function check(
    argv: readonly string[],
    nodeOptions: string,
    finalOptions = requireFirst(preload, nodeOptions),
  ) {
    let probes = 0;
    const probe: Probe = async (program, args, env) => {
      probes++;
      const { status, stderr } = spawnSync(program === "node" ? process.execPath : program, args, { env });
      return { status: status ?? undefined, stderr: stderr.toString() };
    };
    const variables = { PATH: folder, NODE_OPTIONS: finalOptions };
    const checking = checkNodeOptions({ argv, nodeOptions, variables, system: createSystem(), probe });
    const told = await checking.then(
      (warnings) => ({ warnings: warnings.map(({ message }) => message), fault: undefined }),
      (fault: Error) => ({ warnings: [], fault: fault.message }),
    );
    return { ...told, probes };
  }

  it.each(["", " ", "--max-old-space-size=4096", '"--max-old-space-size=4096" --no-warnings', "-r ./a.cjs --import=b"])(
    "costs nothing where nothing is in doubt: %j",
    async (text) => expect(await check(["node", "x"], text)).toEqual({ warnings: [], fault: undefined, probes: 0 }),
  );

  it.each([
    ["--nonsense", "--nonsense is not allowed in NODE_OPTIONS"],
    ["--nonsense=hunter2", "--nonsense=… is not allowed in NODE_OPTIONS"],
    ["-- --no-warnings", "-- is not allowed in NODE_OPTIONS"],
    ["--title", "--title requires an argument"],
    ["--max-old-space-size --no-warnings", "illegal value for flag --max-old-space-size of type size_t"],
    ['"--no-warnings', "invalid value for NODE_OPTIONS (unterminated string)"],
  ])("%j, with which Node does not start, is a fault with its words", async (text, why) => {
    for (const command of [process.execPath, "tool"]) {
      const { fault } = await check([command], text);
      expect(fault).toBe(`Node does not start with NODE_OPTIONS as it is: ${why}`);
    }
  });

  it("what may be a value is asked of Node, and is fine where it is one", async () => {
    expect(await check([process.execPath], "--title sallyport")).toEqual({ warnings: [], fault: undefined, probes: 1 });
  });

  it("a first word that is not an option is a warning: the preload stands before it", async () => {
    const { warnings, fault } = await check([process.execPath], "undefined --no-warnings");
    expect(fault).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining('begins with "undefined", which is not an option')]);
  });

  it("a Node that does not load the preload is not launched", async () => {
    const { fault } = await check([process.execPath], "--title a", "--no-warnings");
    expect(fault).toContain("does not read NODE_OPTIONS");
  });

  it("a command that is none of Node's is not kept from starting", async () => {
    expect(await check(["other"], "--nonsense")).toEqual({ warnings: [], fault: undefined, probes: 0 });
    const { warnings, fault } = await check(["other"], '"--no-warnings');
    expect([fault, warnings]).toEqual([undefined, [expect.stringContaining("unterminated string")]]);
  });

  it("a Node that would wait for a debugger is not asked", async () => {
    expect(await check([process.execPath], "--inspect-brk")).toMatchObject({ fault: undefined, probes: 0 });
  });
});
