import { beforeAll, describe, expect, test } from "vitest";
import { withoutKnown } from "../unnoticed/support/differences.js";
import { networks, type Setting } from "../unnoticed/support/settings.js";
import { findPrograms } from "../unnoticed/support/programs.js";
import { runTrial, type Findings } from "../unnoticed/support/trial.js";
import { instrumentPrograms } from "./support/instruments.js";

/** As in test/unnoticed, with what is too large to be installed for every `npm test`: tracers, loaders, clients of databases. */
const found = instrumentPrograms();
const programs = "missing" in found ? [] : await findPrograms(found.folder);

/** Traces and spans have names that are made up for each. */
const masked = (line: string): string => line.replaceAll(/[0-9a-f]{12,}/g, "#").replaceAll(/\b\d{12,}\b/g, "#");

describe.skipIf("missing" in found)("under an instrument or a loader", () => {
  let findings: Findings;
  beforeAll(async () => {
    findings = await runTrial(programs);
    return () => findings[Symbol.asyncDispose]();
  }, 600_000);

  const lines = (setting: Setting, name: string, network: string): readonly string[] =>
    withoutKnown(findings.outcomes.get(setting)?.get(name) ?? [], `real ${name}`, network).map(masked);

  describe.each(programs)("$name", ({ name }) => {
    test("a program comes to its end by itself", () => {
      const bare = lines("bare", name, "");
      expect(bare).toContain("exit: 0");
      expect(bare.filter((line) => /^(?:failed|never ended|uncaught):/.test(line))).toEqual([]);
    });

    test.each(networks)("it sees the same under the preload: %s", (network) => {
      expect(lines(network, name, network)).toEqual(lines("bare", name, network));
    });

    test("it takes no longer under the preload than its requests explain", { timeout: 300_000 }, async () => {
      expect(await findings.lateness(name)).toBeUndefined();
    });
  });
});
