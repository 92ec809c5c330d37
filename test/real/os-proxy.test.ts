import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { labVariables, startStandardLab } from "../../src/lab/index.js";
import { builtCli } from "./support/built.js";
import { execute } from "./support/execute.js";
import { findProgram } from "./support/programs.js";

test("what a user has set with GNOME's own gsettings leads a program out", async ({ skip }) => {
  const gsettings = findProgram("gsettings") ?? skip("gsettings is missing");
  await using lab = await startStandardLab();
  const home = await mkdtemp(join(tmpdir(), "sallyport-gnome-"));
  try {
    const { HTTPS_PROXY: _https, HTTP_PROXY: _http, NO_PROXY: _no, ...rest } = labVariables(lab, lab.inspector);
    // Settings of its own, in a file of this home.
    const env = {
      ...rest,
      HOME: home,
      PATH: "/usr/bin:/bin",
      XDG_CURRENT_DESKTOP: "GNOME",
      GSETTINGS_BACKEND: "keyfile",
    };
    const set = async (schema: string, name: string, value: string): Promise<void> => {
      expect(await execute([gsettings, "set", schema, name, value], env)).toMatchObject({ status: 0 });
    };
    const proxy = "org.gnome.system.proxy";
    await set(proxy, "mode", "manual");
    await set(`${proxy}.https`, "host", "localhost");
    await set(`${proxy}.https`, "port", `${lab.inspector.port}`);
    await set(proxy, "ignore-hosts", "['*.inside.test', '10.0.0.0/8', '::1']");
    const fetched = await execute([process.execPath, builtCli, "fetch", `https://${lab.api.name}/echo`], env);
    expect(fetched).toMatchObject({ status: 0, stderr: "" });
    expect(lab.log.of("inspector", "connect")).toMatchObject([{ target: `${lab.api.name}:443`, status: 200 }]);
    const explained = await execute([process.execPath, builtCli, "explain", "--json", "https://a.inside.test"], env);
    expect(JSON.parse(explained.stdout)).toMatchObject({
      route: { kind: "direct", reason: `GNOME's settings entry "*.inside.test" matches` },
    });
  } finally {
    await rm(home, { recursive: true });
  }
});
