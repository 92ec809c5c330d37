import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { columns } from "./columns.js";
import { exceptionFor, exceptions } from "./exceptions.js";
import { renderPage, type Findings } from "./page.js";
import { OURS, waysWith } from "./ways.js";

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");
const findings = JSON.parse(read("findings.json")) as Findings;
const ways = waysWith({ node: "node", cli: "sallyport", globalAgent: "global-agent" });

test("docs/coverage.md is what the last run of the whole matrix has found", () => {
  expect(read("../../docs/coverage.md")).toBe(renderPage({ columns, ways, exceptions }, findings));
});

test("the page claims nothing for ours but what works, and the exceptions that are listed with a reason", () => {
  const rows = Object.entries(findings.results[OURS] ?? {});
  expect(rows.length).toBeGreaterThanOrEqual(25);
  for (const [row, cells] of rows) {
    for (const [column, words] of Object.entries(cells)) {
      if (words === "–" || exceptionFor(row, column) !== undefined) continue;
      expect(words, `${row}: ${column}`).toBe("works");
    }
  }
});

test("every exception names a client and networks that exist", () => {
  for (const { row, columns: ids } of exceptions) {
    expect(Object.keys(findings.results[OURS] ?? {})).toContain(row);
    for (const id of ids) expect(columns.map((column) => column.id)).toContain(id);
  }
});
