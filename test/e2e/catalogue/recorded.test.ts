import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { explainError, readCatalogue } from "../../../src/doctor/error-catalogue.js";
import { clientsPage } from "./support/clients-page.js";
import { readRecorded, spoken, titleOf } from "./support/recorded.js";
import { scenes } from "./support/scenes.js";

/** What `test/real/error-texts.test.ts` has recorded: other programs in the scenes of the catalogue. */

const docs = join(import.meta.dirname, "../../../docs");
const catalogue = readCatalogue(readFileSync(join(docs, "faults.md"), "utf8"));
const recorded = readRecorded();

test("each scene is recorded, or there is a reason why no other program can be put into it (RECORD=1 records)", () => {
  expect(recorded.scenes.map(titleOf)).toEqual(scenes.map(titleOf));
  expect(recorded.scenes.filter(({ none, said }) => (none === undefined) === (said === undefined))).toEqual([]);
});

test("explain-error finds the fault from whatever a program says of it", () => {
  const missed = recorded.scenes.flatMap(({ code, how, said = {} }) =>
    Object.entries(said).flatMap(([program, cell]) => {
      const text = spoken(cell);
      if (text === "") return [];
      const found = explainError(text, catalogue).map(({ entry }) => entry.code);
      return found.includes(code) ? [] : [`${code} (${how}), ${program}: ${text} -> ${found.join(" ")}`];
    }),
  );
  expect(missed).toEqual([]);
});

test("docs/what-clients-say.md says so (--update writes it)", async () => {
  await expect(clientsPage(recorded)).toMatchFileSnapshot(join(docs, "what-clients-say.md"));
});
