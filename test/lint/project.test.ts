import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { repository } from "../../scripts/repository.mjs";

const root = join(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");

describe("the project's own pages", () => {
  const [, owner = ""] = /^https:\/\/github\.com\/([^/]+)\/sallyport$/.exec(repository) ?? [];

  it("are under one owner, whom package.json names", () => {
    expect(owner).not.toBe("");
    expect(manifest.bugs.url).toBe(`${repository}/issues`);
    expect(manifest.homepage).toBe(`${repository}#readme`);
  });

  it("are asked to review by the same owner", () => {
    const asked = [...read(".github/CODEOWNERS").matchAll(/^[^#\s]\S*\s+(.+)$/gm)].map(([, names]) => names);
    expect(asked.length).toBeGreaterThan(1);
    expect(new Set(asked)).toEqual(new Set([`@${owner}`]));
  });

  it("are linked to from where faults are reported", () => {
    expect(read(".github/ISSUE_TEMPLATE/config.yml")).toContain(`${repository}/security/`);
  });
});

describe("the workflows", () => {
  const ci = read(".github/workflows/ci.yml");

  it("test every release of Node that .ci/nodes names, on three systems", () => {
    const [, tested = ""] = /node: \[([^\]]+)\]/.exec(ci) ?? [];
    const majors = read(".ci/nodes").match(/^\d+/gm) ?? [];
    expect(tested.split(", ")).toEqual([...new Set(majors)]);
    expect(ci).toContain("os: [ubuntu-latest, macos-latest, windows-latest]");
  });

  it("have no right to write but where something is published", () => {
    for (const name of ["ci.yml", "release.yml"]) {
      const text = read(`.github/workflows/${name}`);
      const [top = ""] = text.split("\njobs:\n");
      expect(top).toMatch(/\npermissions:\n {2}contents: read\n/);
      expect(top).not.toContain("write");
    }
  });
});
