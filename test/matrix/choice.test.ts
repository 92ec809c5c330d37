import { expect, test } from "vitest";
import { chooseCells } from "./choice.js";
import { columns } from "./columns.js";
import type { Row } from "./rows.js";
import { CAPTURE, OURS, waysWith } from "./ways.js";

const ways = waysWith({ node: "node", cli: "sallyport", globalAgent: "global-agent" });
const way = (id: string) => ways.find((each) => each.id === id) ?? expect.fail(`no way ${id}`);
const client = (more: Partial<Row> = {}): Row => ({
  name: "client",
  version: "node",
  node: true,
  farEnd: "lab",
  commands: () => [],
  ...more,
});
const networksOf = (id: string, row: Row, at = 0, isWhole = false): readonly (readonly string[])[] =>
  chooseCells({ way: way(id), row, at, columns, isWhole }).map((group) => group.map((column) => column.id));
const all = columns.map(({ id }) => id);

test("a run of the tests sends each client through every network by run, and a program that tells little through those where it tells something", () => {
  expect(networksOf(OURS, client()).flat().toSorted()).toEqual(all.toSorted());
  expect(networksOf(OURS, client({ telling: ["basic", "all"] })).flat()).toEqual(["basic", "all"]);
  expect(networksOf(OURS, client({ readsNothing: true, telling: ["basic"] }))).toEqual([]);
});

test("by capture it sends those that capture is for through the networks that tell, every other client through one, and something through every network", () => {
  expect(networksOf(CAPTURE, client({ readsNothing: true, telling: ["basic", "socks"] })).flat()).toEqual([
    "basic",
    "socks",
  ]);
  const others = all.map((_, at) => networksOf(CAPTURE, client(), at).flat());
  for (const networks of others) expect(networks).toHaveLength(1);
  expect(others.flat().toSorted()).toEqual(all.toSorted());
  // Not the one that makes no sense for it.
  expect(networksOf(CAPTURE, client({ without: [all[0] ?? ""] }), 0)).toEqual([[all[1]]]);
});

test("a page, or networks that were asked for, leave nothing out, and each network is tried by itself", () => {
  for (const id of [OURS, CAPTURE])
    expect(networksOf(id, client({ telling: ["basic"] }), 3, true)).toEqual(all.map((column) => [column]));
});
