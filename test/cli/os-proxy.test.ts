import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { labVariables } from "../../src/lab/index.js";
import { standardLab } from "../support/standard-lab.js";
import { run } from "./support/run.js";

/** On Linux alone: what another system's program prints is tried in src/env/os-proxy. */
const lab = await standardLab();
let folder = "";
let variables: Readonly<Record<string, string>> = {};

/** Stands in for GNOME's program: prints what it would, and notes each call. The real one is in test/real/os-proxy.test.ts. */
async function gnome(...lines: readonly string[]): Promise<void> {
  const text = lines.map((line) => `org.gnome.system.proxy${line}`).join("\n");
  const script = `#!/bin/sh\necho "$@" >>"${join(folder, "calls")}"\ncat <<'END'\n${text}\nEND\n`;
  await writeFile(join(folder, "gsettings"), script);
  await chmod(join(folder, "gsettings"), 0o755);
}

const manual = (...more: readonly string[]): Promise<void> =>
  gnome(" mode 'manual'", ".https host 'localhost'", `.https port ${lab.basic.port}`, ...more);
const calls = async (): Promise<number> =>
  (await readFile(join(folder, "calls"), "utf8").catch(() => "")).split("\n").filter((line) => line !== "").length;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sallyport-os-"));
  const { HTTPS_PROXY: _https, HTTP_PROXY: _http, NO_PROXY: _no, ...rest } = labVariables(lab, lab.basic);
  variables = { ...rest, PATH: `${folder}:/usr/bin:/bin`, XDG_CURRENT_DESKTOP: "ubuntu:GNOME" };
});
beforeEach(() => rm(join(folder, "calls"), { force: true }));
afterAll(() => rm(folder, { recursive: true }));

describe.runIf(process.platform === "linux")("the proxy settings of the desktop", () => {
  const fetch = (more: Readonly<Record<string, string>> = {}, ...argv: readonly string[]) =>
    run(["fetch", ...argv, `https://${lab.api.name}/echo`], {
      lookup: lab.lookup,
      variables: { ...variables, ...more },
    });

  it("lead out where no variable and no file names a proxy", async () => {
    await manual(" ignore-hosts ['localhost', '10.0.0.0/8']");
    const { exit, stderr } = await fetch();
    expect({ exit, stderr }).toMatchObject({ exit: 1 });
    // The proxy asks for a login, which these settings name for http alone.
    expect(stderr).toContain("PROXY_AUTH_REQUIRED");
    expect(lab.log.of("basic", "connect")).toMatchObject([{ target: `${lab.api.name}:443`, status: 407 }]);
    expect(await calls()).toBe(1);
  });

  it("are not asked where a variable names one, or SALLYPORT_OS_PROXY=off", async () => {
    await manual();
    expect((await fetch({ HTTPS_PROXY: lab.basic.urlWithLogin })).exit).toBe(0);
    // The lab's origins are behind its proxies alone.
    expect((await fetch({ SALLYPORT_OS_PROXY: "off" })).stderr).toContain("[DNS_NOT_FOUND]");
    expect(lab.log.of("basic", "connect")).toHaveLength(1);
    expect(await calls()).toBe(0);
  });

  it("are named by explain as the reason and the source", async () => {
    await manual(" ignore-hosts ['*.inside.test']");
    const explain = async (url: string): Promise<unknown> =>
      JSON.parse((await run(["explain", "--json", url], { variables })).stdout);
    expect(await explain("https://api.lab.test")).toMatchObject({
      route: { kind: "proxy", hops: [{ host: "localhost", port: lab.basic.port }], reason: "GNOME's settings say so" },
    });
    expect(await explain("https://a.inside.test")).toMatchObject({
      route: { kind: "direct", reason: `GNOME's settings entry "*.inside.test" matches` },
    });
  });

  it("reach every program under run by variables, and by a gateway where no variable can say what they say", async () => {
    const plan = async (...exceptions: string[]): Promise<string> => {
      await manual(` ignore-hosts [${exceptions.map((each) => `'${each}'`).join()}]`);
      const { stdout, stderr } = await run(["run", "--print", "--", "true"], { variables });
      return stdout + stderr;
    };
    expect(await plan("10.0.0.0/8")).toContain(`HTTPS_PROXY=http://localhost:${lab.basic.port}`);
    expect(await plan("<local>")).toMatch(/HTTPS_PROXY=http:\/\/\*\*\*@127\.0\.0\.1:\d+/);
  });

  it("that cannot be read are told by explain, and stop nothing", async () => {
    await rm(join(folder, "gsettings"), { force: true });
    const { exit, stdout } = await run(["explain", "https://api.lab.test"], {
      variables: { ...variables, PATH: folder },
    });
    expect(exit).toBe(0);
    expect(stdout.replaceAll(/\s+/g, " ")).toContain("osProxy = could not be read: gsettings failed with ENOENT");
  });
});
