import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { labVariables, type LabOrigin, type LabProxy } from "../../../src/lab/index.js";
import { run, type Ran } from "./support/cli.js";
import { httpClient, isInstalled, programs, urlConnection, type Program } from "./support/programs.js";
import { standardLab } from "../../support/standard-lab.js";

const lab = await standardLab();

/** Where pyenv keeps its programs, which is in the home directory otherwise: there is none here. */
const pyenv = { PYENV_ROOT: process.env["PYENV_ROOT"] ?? join(process.env["HOME"] ?? "", ".pyenv") };

/** Runs a program in a folder of its own, through `proxy`, with a request to `origin`. */
async function ask(program: Program, origin: LabOrigin, proxy: LabProxy, flags: readonly string[] = []): Promise<Ran> {
  const folder = await mkdtemp(join(tmpdir(), "sallyport-program-"));
  try {
    await program.prepare?.(folder);
    lab.log.clear();
    return await run(["run", ...flags, "--", ...program.command(`${origin.url}/echo`, folder)], {
      cwd: folder,
      variables: { ...pyenv, ...labVariables(lab, proxy) },
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a program complains of that should be content. */
const complaint = (program: Program, { exit, stdout, stderr }: Ran): string =>
  program.complains === true || (exit === 0 && stdout.includes('"url":"/echo')) ? "" : stderr;

/** Whose certificates the server saw with this program's requests. */
const peers = (origin: LabOrigin): ReadonlySet<string | undefined> =>
  new Set(lab.log.of(origin.name, "request").map(({ peer }) => peer));

const statuses = (proxy: LabProxy): ReadonlySet<number> =>
  new Set(lab.log.of(proxy.name, "connect").map(({ status }) => status));

for (const program of programs) {
  describe.skipIf(!isInstalled(program))(`${program.name}, unmodified`, () => {
    it("leaves through a proxy with a login, and trusts the private authority", async () => {
      const ran = await ask(program, lab.api, lab.basic);
      expect([complaint(program, ran), peers(lab.api)]).toEqual(["", new Set([undefined])]);
      expect(statuses(lab.basic)).toContain(200);
    });

    it("presents a certificate with an encrypted key, through a TLS proxy that inspects all else", async () => {
      const ran = await ask(program, lab.mtls, lab.strict, ["--intercept", "mtls.lab.test"]);
      expect([complaint(program, ran), peers(lab.mtls)]).toEqual(["", new Set(["alice"])]);
    });

    it("leaves through SOCKS", async () => {
      const ran = await ask(program, lab.api, lab.socks);
      expect([complaint(program, ran), peers(lab.api)]).toEqual(["", new Set([undefined])]);
      expect(statuses(lab.socks)).toEqual(new Set([0]));
    });
  });
}

describe.skipIf(!isInstalled(urlConnection))("Java, unmodified", () => {
  it("leaves through a proxy without a login, and trusts the inspector's authority", async () => {
    const ran = await ask(urlConnection, lab.api, lab.inspector);
    expect([complaint(urlConnection, ran), statuses(lab.inspector)]).toEqual(["", new Set([200])]);
  }, 60_000);

  // Elsewhere the gateway asks for its token, which Java takes from no setting: it is refused, and does not go direct instead.
  const isKnown = process.platform === "linux" && process.getuid?.() !== 65_534;
  it("leaves through a proxy with a login, where the gateway knows it by its user", async () => {
    const { stderr } = await ask(httpClient, lab.api, lab.basic);
    expect([statuses(lab.basic), peers(lab.api)]).toEqual(
      isKnown ? [new Set([200]), new Set([undefined])] : [new Set(), new Set()],
    );
    // Every JVM prints the variable.
    expect(stderr).toContain("JAVA_TOOL_OPTIONS");
    expect(stderr).not.toMatch(/p@ss|p%40ss/);
  }, 60_000);
});
