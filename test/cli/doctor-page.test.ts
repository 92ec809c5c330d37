import { chmodSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { labVariables } from "../../src/lab/index.js";
import { ownFolder } from "../support/own-folder.js";
import { standardLab } from "../support/standard-lab.js";
import { run } from "./support/run.js";

const lab = await standardLab();
const folder = ownFolder("page");
const home = join(folder, "home");
const path = join(folder, "report.html");
beforeEach(() => {
  rmSync(home, { recursive: true, force: true });
  rmSync(path, { recursive: true, force: true });
  mkdirSync(home);
});

const url = "https://api.lab.test/v1/secret-path?token=s3cret";
const variables = { ...labVariables(lab, lab.basic), HOME: home, USERPROFILE: home };
const doctor = (...words: string[]) => run(["doctor", ...words], { variables, lookup: lab.lookup });

describe("sallyport doctor --html", () => {
  it("writes the report as a page that its owner alone can read, says where, and prints the report as ever", async () => {
    const { exit, stdout } = await doctor("--html", path, url);
    expect(exit).toBe(0);
    expect(stdout).toContain("Everything that was checked works.");
    expect(stdout).toContain(`The same as a page: ${path}`);
    expect(readFileSync(path, "utf8")).toMatch(/^<!doctype html>/);
    expect(process.platform === "win32" || (statSync(path).mode & 0o777) === 0o600).toBe(true);
  });

  it("leaves stdout to the JSON", async () => {
    const { stdout } = await doctor("--json", "--html", path, url);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true });
    expect(readFileSync(path, "utf8")).toContain("api.lab.test");
  });

  it("shows no login, no token and no passphrase", async () => {
    await doctor("--html", path, url);
    const page = readFileSync(path, "utf8");
    for (const secret of ["p@ss#w%rd", "p%40ss", "s3cret", lab.files.passphrase, home])
      expect(page).not.toContain(secret);
  });

  it("is written without a URL, too, and where something is wrong", async () => {
    const { exit } = await run(["doctor", "--html", path], {
      variables: {
        HOME: home,
        USERPROFILE: home,
        ANTHROPIC_BASE_URL: "https://nowhere.lab.test/",
        DISABLE_AUTOUPDATER: "1",
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      },
      lookup: lab.lookup,
    });
    expect(exit).toBe(1);
    expect(readFileSync(path, "utf8")).toContain("DNS_NOT_FOUND");
  });

  it("replaces a file that is there, and a symbolic link but not what it leads to", async () => {
    const kept = join(folder, "kept.txt");
    writeFileSync(kept, "kept");
    symlinkSync(kept, path);
    expect((await doctor("--html", path, url)).exit).toBe(0);
    expect(readFileSync(kept, "utf8")).toBe("kept");
    expect(readFileSync(path, "utf8")).toMatch(/^<!doctype html>/);
  });

  it.each([
    ["-", "--html must be the name of a file"],
    [folder, `--html ${folder} is there, and is not a plain file`],
    [join(folder, "none", "report.html"), "cannot be written (ENOENT)"],
  ])("refuses %s before anything is asked, and leaves nothing behind", async (name, message) => {
    const before = lab.log.of("basic").length;
    const { exit, stderr } = await doctor("--html", name, url);
    expect(exit).toBe(2);
    expect(stderr).toContain(message);
    expect(lab.log.of("basic").length).toBe(before);
    expect(readdirSync(folder).filter((entry) => entry.includes("report.html"))).toEqual([]);
  });

  it("leaves nothing behind where it is ended", async () => {
    const ended = new AbortController();
    ended.abort();
    await run(["doctor", "--html", path, url], { variables, lookup: lab.lookup, signal: ended.signal });
    expect(readdirSync(folder).filter((entry) => entry.includes("report.html"))).toEqual([]);
  });

  it.runIf(process.getuid?.() !== 0 && process.platform !== "win32")(
    "names a folder that cannot be written to",
    async () => {
      chmodSync(home, 0o500);
      expect((await doctor("--html", join(home, "report.html"), url)).stderr).toContain("cannot be written (EACCES)");
    },
  );
});
