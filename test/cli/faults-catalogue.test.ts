import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { faultCodes, type FaultCode } from "../../src/base/codes.js";

const root = join(import.meta.dirname, "../..");
const catalogue = readFileSync(join(root, "docs/faults.md"), "utf8");

interface Entry {
  readonly code: string;
  readonly stages: readonly string[];
  readonly text: string;
}

/** `## stage` headings with `### CODE` entries below them. */
function entries(): Entry[] {
  return catalogue
    .split(/^## /m)
    .slice(1)
    .flatMap((section) => {
      const stages = (section.split("\n")[0] ?? "").split(", ");
      return section
        .split(/^### /m)
        .slice(1)
        .map((text) => ({ code: text.split("\n")[0] ?? "", stages, text }));
    });
}

/** All tests but this one, in one text, with the catalogue's scenes: each of them is a test. */
function tests(): string {
  return ["src", "test"]
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((file) => join(root, folder, file)),
    )
    .filter(
      (file) => /(?:\.test|[/\\]scenes(?:-[a-z-]+)?)\.ts$/.test(file) && !file.endsWith("faults-catalogue.test.ts"),
    )
    .map((file) => readFileSync(file, "utf8"))
    .join("\n");
}

describe("docs/faults.md", () => {
  it("has one entry for each code, in the order of the code's own list, and none besides", () => {
    expect(entries().map((entry) => entry.code)).toEqual(Object.keys(faultCodes));
  });

  it("lists each code under its stage, and marks the warnings", () => {
    for (const { code, stages, text } of entries()) {
      const { stage, severity } = faultCodes[code as FaultCode];
      const marked = text.includes("\n*warning*\n") ? "warning" : "error";
      expect({ code, stages, severity: marked }).toEqual({
        code,
        stages: expect.arrayContaining([stage]) as string[],
        severity,
      });
    }
  });

  it("says of each how it looks elsewhere, why it happens, what to do, and how it was reproduced", () => {
    for (const { code, text } of entries()) {
      const labels = [...text.matchAll(/^- \*\*(.+?):\*\* \S/gm)].map(([, label]) => label);
      expect([code, ...labels]).toEqual([code, "Other tools", "Why", "Do", "Reproduced"]);
    }
  });

  it("calls reproduced only what a test names, and 'not yet' only what none does", () => {
    const all = tests();
    const claims = entries().map(({ code, text }) => ({
      code,
      reproduced: !/^- \*\*Reproduced:\*\* not yet\.$/m.test(text),
    }));
    const truth = claims.map(({ code }) => ({ code, reproduced: new RegExp(`\\b${code}\\b`).test(all) }));
    expect(claims).toEqual(truth);
  });

  it("suggests nowhere to turn verification off", () => {
    expect(catalogue).not.toMatch(/rejectUnauthorized|--insecure|curl -k\b|REJECT_UNAUTHORIZED=0`? (to|and)/);
  });
});
