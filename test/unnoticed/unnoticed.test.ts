import { beforeAll, describe, expect, test } from "vitest";
import { differences, isOf, isShown, withoutKnown } from "./support/differences.js";
import { networks, type Setting } from "./support/settings.js";
import { allTogether, findPrograms, isShared } from "./support/programs.js";
import { runTrial, type Findings } from "./support/trial.js";

/**
 * Under the preload a program differs from itself in one thing: the way its connections take. Each program of programs/ runs alone in an
 * open network, and under the preload in three: what it sees, how it ends, and what its server sees are compared. To add one is to
 * add a file there. What is meant to differ is in differences.json.
 */
const found = await findPrograms();
const programs = [...found, ...(found.filter(isShared).length > 1 ? [{ name: allTogether }] : [])];
let findings: Findings;

beforeAll(async () => {
  findings = await runTrial(found);
  return () => findings[Symbol.asyncDispose]();
}, 600_000);

const linesOf = (setting: Setting, name: string): readonly string[] => findings.outcomes.get(setting)?.get(name) ?? [];

const timesIn = (lines: readonly string[], line: string): number => lines.filter((each) => each === line).length;

describe.each(programs)("$name", ({ name }) => {
  test("comes to its end by itself, in an open network", () => {
    const lines = linesOf("bare", name);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.filter((line) => /^(?:failed|never ended|uncaught):/.test(line))).toEqual([]);
  });

  test.each(networks)("sees the same under the preload: %s", (network) => {
    const lines = (setting: Setting): readonly string[] => withoutKnown(linesOf(setting, name), name, network);
    expect(lines(network)).toEqual(lines("bare"));
  });

  test("takes no longer under the preload than its requests explain", { timeout: 300_000 }, async () => {
    expect(await findings.lateness(name)).toBeUndefined();
  });
});

test("what is said to differ does", () => {
  const differing = programs.flatMap(({ name }) =>
    networks.flatMap((network) => {
      const bare = linesOf("bare", name);
      const other = linesOf(network, name);
      // What is there twice in one of them alone differs, too.
      const lines = [...new Set([...bare, ...other])].filter((line) => timesIn(bare, line) !== timesIn(other, line));
      return lines.map((line) => ({ name, line, network }));
    }),
  );
  const stale = differences.flatMap(({ shows }) =>
    shows.filter(
      (showing) =>
        programs.some(({ name }) => isOf(showing.program, name)) &&
        !differing.some((each) => isOf(showing.program, each.name) && isShown(showing, each.line)),
    ),
  );
  expect(stale).toEqual([]);
});
