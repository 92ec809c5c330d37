import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { labVariables } from "../../src/lab/index.js";
import { show } from "../../src/cli/demo/demo.js";
import { whyNoCurl } from "../../src/cli/demo/curl.js";
import type { Scene } from "../../src/cli/demo/scene.js";
import { scenes } from "../../src/cli/demo/scenes.js";
import type { Io } from "../../src/cli/terminal/io.js";
import { main } from "../../src/cli/main.js";
import { createTerminal } from "../../src/cli/terminal/terminal.js";
import { run } from "./support/run.js";
import { standardLab } from "../support/standard-lab.js";

const here = { PATH: process.env["PATH"] ?? "" };
const withoutCurl = await whyNoCurl(here);

const lab = await standardLab();

describe("sallyport demo", () => {
  it("has a preload to give to programs", () => {
    const preload = join(import.meta.dirname, "../../dist/preload/register.cjs");
    expect(existsSync(preload), "dist/ is missing: run `npm run build`").toBe(true);
  });

  it("proves all scenes, in lines of at most 80 columns, without showing a secret", async () => {
    const { exit, stdout, stderr } = await run(["demo"], { variables: here });
    expect(stdout).not.toContain("NOT PROVED");
    expect(stdout.match(/^\d\. /gm)).toHaveLength(9);
    expect(stdout).toMatch(
      withoutCurl === undefined ? /^12 scenes, all proved \(/m : /^11 scenes, all proved, 1 skipped \(/m,
    );
    expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).not.toMatch(/p@ss|p%40ss|Lab-Pa55phrase/);
    // The gateway's token: it stands in URLs alone.
    expect(stdout.match(/\/\/[^/\s]*@/g)?.filter((login) => login !== "//alice:****@")).toEqual([]);
    expect([exit, stderr]).toEqual([0, ""]);
  });

  it("gives each scene's proofs under --json, and what was skipped", async () => {
    const { stdout } = await run(["demo", "--json"], { variables: here });
    const printed = JSON.parse(stdout) as {
      ok: boolean;
      scenes: { exit: number; proofs: { holds: boolean }[] }[];
      skipped: { title: string; reason: string }[];
    };
    const curl = withoutCurl === undefined ? [0] : [];
    expect([printed.ok, printed.scenes.map((scene) => scene.exit)]).toEqual([
      true,
      [1, 0, 0, 0, 0, 0, 0, ...curl, 0, 1, 0, 1],
    ]);
    expect(
      printed.scenes.every((scene) => scene.proofs.length >= 2 && scene.proofs.every((proof) => proof.holds)),
    ).toBe(true);
    expect(printed.skipped.map(({ reason }) => reason)).toEqual(withoutCurl === undefined ? [] : [withoutCurl]);
  });
});

describe("a machine without a usable curl", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sallyport-no-curl-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** A curl that says this of itself. */
  const reasonOf = async (version: string): Promise<string | undefined> => {
    await writeFile(join(folder, "curl"), `#!/bin/sh\necho '${version}'\n`);
    await chmod(join(folder, "curl"), 0o700);
    return whyNoCurl({ PATH: folder });
  };

  it("has the scene skipped with a word, counted, and the others played", async () => {
    const missing = await whyNoCurl({ PATH: folder });
    expect(missing).toBe("curl is not on the PATH");
    const played = scenes(lab, missing).filter(({ skip, title }) => skip !== undefined || title.startsWith("Checked"));
    expect(played).toHaveLength(2);
    const { exit, text } = await demonstrate(played);
    expect(text).toMatch(/curl\n[^]*^ {3}skipped: curl is not on the PATH$/m);
    expect(text).toMatch(/^1 scene, all proved, 1 skipped \(/m);
    expect(exit).toBe(0);
  });

  it.skipIf(process.platform === "win32")("is one whose TLS takes its authorities from elsewhere", async () => {
    const reason = "this curl takes no authorities from the environment";
    expect(await reasonOf("curl 8.13.0 (Windows) libcurl/8.13.0 Schannel zlib/1.3.1")).toBe(reason);
    expect(await reasonOf("curl 8.5.0 (x) libcurl/8.5.0 (OpenSSL/3.0.2) mbedTLS/3.6.0")).toBe(reason);
    expect(await reasonOf("curl 8.7.1 (x86_64-apple) libcurl/8.7.1 (SecureTransport) LibreSSL/3.3.6")).toBeUndefined();
    expect(await reasonOf("curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1 OpenSSL/3.0.17")).toBeUndefined();
  });
});

/** Plays scenes as the demo does. */
async function demonstrate(played: readonly Scene[]): Promise<{ readonly exit: number; readonly text: string }> {
  const printed: string[] = [];
  const output = {
    isTTY: false,
    write: (chunk: string | Uint8Array) => Promise.resolve(void printed.push(String(chunk))),
  };
  const io: Io = {
    stdout: output,
    stderr: output,
    stdin: (async function* () {})(),
    signal: new AbortController().signal,
  };
  const terminal = createTerminal(io, { color: false, variables: {} });
  const exit = await show(played, lab, {
    io,
    terminal,
    variables: here,
    version: "",
    json: false,
    started: 0,
    run: main,
  });
  return { exit, text: printed.join("") };
}

describe("the demo's own honesty", () => {
  const scene = (title: RegExp): Scene => {
    const found = scenes(lab).find((one) => title.test(one.title));
    if (found === undefined) throw new Error(`no scene ${title}`);
    return found;
  };
  /** What a spoilt scene fails to prove. */
  const unproved = async (spoilt: Scene): Promise<string> => {
    const { exit, text } = await demonstrate([spoilt]);
    expect(exit, text).toBe(1);
    expect(text).toMatch(/^not proved \(/m);
    expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
    return (text.match(/NOT PROVED: [^]*?(?=\n {3}\S|\n\n)/g) ?? []).join("\n").replace(/\s+/g, " ");
  };
  /** The command line with further options of ours. */
  const withOptions = ({ argv: [command = "", ...rest] }: Scene, ...options: string[]): string[] => [
    command,
    ...options,
    ...rest,
  ];

  it("fails, and says which proof, when a scene does not show what it claims", async () => {
    // The same request, with a proxy set: it goes through, and the scene that says it fails is wrong.
    const wrong = { ...scene(/^No settings/), variables: labVariables(lab, lab.basic) };
    const { exit, text } = await demonstrate([wrong]);
    expect(exit).toBe(1);
    expect(text).toMatch(/NOT PROVED: +api\.lab\.test saw no connection/);
    expect(text).toMatch(/^not proved [^]*No settings: exit code 1$/m);
  });

  it("sees a program that asks the resolver of this machine", async () => {
    const honest = scene(/^A Node program/);
    // Without the preload node:https knows no proxy.
    const told = await unproved({ ...honest, argv: withOptions(honest, "--only", "env") });
    expect(told).toContain("the program looked up no name");
    expect(told).toContain("mtls.lab.test saw the certificate CN=alice");
    expect(told).toContain("exit code 0");
  });

  it("sees a connection that goes past the proxy", async () => {
    const honest = scene(/^A Node program/);
    const past = async (): Promise<void> => {
      const before = lab.log.events.at(-1)?.seq ?? 0;
      const socket = connect(lab.mtls.port, lab.mtls.address);
      await once(socket, "connect");
      await lab.log.waitFor(({ by, kind, seq }) => by === lab.mtls.name && kind === "accept" && seq > before);
      socket.destroy();
    };
    const told = await unproved({ ...honest, proofs: (ran) => past().then(() => honest.proofs(ran)) });
    expect(told).toBe("NOT PROVED: api.lab.test and mtls.lab.test saw no connection but the proxy's");
  });

  it.skipIf(withoutCurl !== undefined)("sees that a host's TLS was opened which should pass through", async () => {
    const honest = scene(/curl$/);
    const told = await unproved({ ...honest, argv: withOptions(honest, "--intercept", "api.lab.test") });
    expect(told).toContain("the certificate of api.lab.test came through untouched");
  });

  it.skipIf(withoutCurl !== undefined)("sees that a host's TLS was not opened which should have been", async () => {
    const honest = scene(/curl$/);
    const argv = honest.argv.filter((word) => word !== "--intercept" && word !== lab.mtls.name);
    expect(argv).toHaveLength(honest.argv.length - 2);
    expect(await unproved({ ...honest, argv })).toContain("mtls.lab.test saw the certificate CN=alice");
  });

  it("sees that a program was started before its settings were found to be in order", async () => {
    const honest = scene(/^Checked before/);
    const told = await unproved({ ...honest, variables: labVariables(lab, lab.strict) });
    expect(told).toContain("the program was never started");
    expect(told).toContain("no server and no proxy saw a connection");
    expect(told).toContain("[KEY_PASSPHRASE_WRONG]");
    expect(told).toContain("exit code 1");
  });
});
