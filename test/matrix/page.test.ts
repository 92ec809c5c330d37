import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { columns } from "./columns.js";
import { exceptionFor, exceptions } from "./exceptions.js";
import { renderPage, type Findings } from "./page.js";
import { waysWith } from "./ways.js";

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");
const findings = JSON.parse(read("findings.json")) as Findings;
const ways = waysWith({ node: "node", cli: "sallyport", globalAgent: "global-agent" });

test("docs/coverage.md is what the last run of the whole matrix has found", () => {
  expect(read("../../docs/coverage.md")).toBe(renderPage({ columns, ways, exceptions }, findings));
});

const ours = ways.filter((way) => way.ours);
const rowsOf = (way: string) => Object.entries(findings.results[way] ?? {});

test.each(ours)(
  "the page claims nothing for $title but what works, and the exceptions that are listed with a reason",
  ({ id }) => {
    expect(rowsOf(id).length).toBeGreaterThanOrEqual(50);
    for (const [row, cells] of rowsOf(id)) {
      for (const [column, words] of Object.entries(cells)) {
        if (words === "–" || exceptionFor(id, row, column) !== undefined) continue;
        expect(words, `${row}: ${column}`).toBe("works");
      }
    }
  },
);

test("every exception names a client and networks that exist, and something that does not work there", () => {
  for (const { ways: by, row, columns: ids } of exceptions) {
    for (const way of by) {
      const cells = findings.results[way]?.[row];
      expect(cells, row).toBeDefined();
      for (const id of ids === "all" ? columns.map((column) => column.id) : ids)
        expect(cells?.[id], `${row}: ${id}`).not.toBe("works");
    }
  }
});
