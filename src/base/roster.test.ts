import { expect, it } from "vitest";
import { Roster } from "./roster.js";

const [a, b, c] = [{ name: "a" }, { name: "b" }, { name: "c" }];

it("who comes and goes is told in the order of coming, each once", () => {
  const roster = new Roster<{ name: string }>();
  for (const one of [a, b, a, c]) roster.add(one);
  expect([...roster]).toEqual([a, b, c]);
  expect([roster.delete(b), roster.delete(b), roster.has(b)]).toEqual([true, false, false]);
  roster.add(b);
  expect([...roster]).toEqual([a, c, b]);
  expect([roster.delete(a), roster.first, roster.size]).toEqual([true, c, 2]);
  expect([roster.delete(b), roster.delete(c), roster.first, roster.size]).toEqual([true, true, undefined, 0]);
  roster.add(a);
  expect([...roster]).toEqual([a]);
});

it("one may be on several, and leave one while it is read", () => {
  const [one, other] = [new Roster<object>(), new Roster<object>()];
  for (const item of [a, b, c]) for (const roster of [one, other]) roster.add(item);
  for (const item of one) one.delete(item);
  expect([one.size, other.size]).toEqual([0, 3]);
  other.clear();
  expect([...other]).toEqual([]);
});
