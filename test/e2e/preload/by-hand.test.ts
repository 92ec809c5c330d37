import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { labVariables } from "../../../src/lab/index.js";
import { ask, fixture, preload, program } from "./support/program.js";
import { standardLab } from "../../support/standard-lab.js";

const lab = await standardLab();

test("TLS that says nothing of what it is for is HTTP at the ports of https, and its own matter at any other", async () => {
  const ports = ["443", "8443", "5432", "5432/postgresql", "5432/http/1.1"];
  const { stdout } = await program(fixture("tls-ports.mjs"), ["nobody.test", ...ports], {
    variables: labVariables(lab, lab.basic),
    known: [],
  });
  const direct = stdout.split("\n").filter((line) => line.endsWith("ENOTFOUND"));
  expect(direct).toEqual(["5432: ENOTFOUND", "5432/postgresql: ENOTFOUND"]);
  const asked = lab.log.of("basic", "connect").map(({ target }) => target);
  expect(asked).toEqual(["nobody.test:443", "nobody.test:8443", "nobody.test:5432"]);
});

test("a second copy of the package that is preloaded as well leaves everything to the first", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sallyport-copy-"));
  try {
    // Nothing but this file of it is looked at.
    const copy = join(folder, "register.cjs");
    await copyFile(preload, copy);
    const flags = ["--require", preload, "--require", copy];
    const [told] = await ask("fetch", [lab.api.url], { variables: labVariables(lab, lab.basic), flags });
    expect(told?.error).toBeUndefined();
    expect(lab.log.of("basic", "connect").map(({ status }) => status)).toEqual([200]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.each(["a program that froze Error", "a program that froze EventEmitter"])(
  "fetch goes out by the policy, after one to this machine itself: %s",
  async (what) => {
    const flags = ["--require", preload, "--require", fixture("freezing.cjs")];
    const variables = { ...labVariables(lab, lab.basic), FREEZE: what.split(" ").at(-1) ?? "" };
    const own = `http://127.0.0.1:${lab.plain.port}/`;
    const told = await ask("fetch", [own, lab.api.url, own, lab.api.url], { variables, flags });
    expect(told.map(({ error }) => error)).toEqual([undefined, undefined, undefined, undefined]);
    expect(new Set(lab.log.of("basic", "connect").map(({ target }) => target))).toEqual(
      new Set([`api.lab.test:${lab.api.port}`]),
    );
  },
);
