import { EventEmitter } from "node:events";
import type { ClientRequest } from "node:http";
import { expect, test } from "vitest";
import { Bounds } from "./bounds.js";

function scene(maxSockets?: number) {
  const bounds = new Bounds();
  const agent = maxSockets === undefined ? {} : { maxSockets };
  const begun: string[] = [];
  const start = (name: string, pool = "a"): EventEmitter => {
    const request = new EventEmitter();
    bounds.run(agent, pool, request as ClientRequest, () => begun.push(name));
    return request;
  };
  return { begun, start };
}

test("no more requests run at once than the agent has sockets, and the others follow in their order", () => {
  const { begun, start } = scene(2);
  const [one, two] = [start("1"), start("2")];
  start("3");
  start("4");
  expect(begun).toEqual(["1", "2"]);
  two.emit("close");
  expect(begun).toEqual(["1", "2", "3"]);
  one.emit("close");
  expect(begun).toEqual(["1", "2", "3", "4"]);
});

test("another pool is bound by itself", () => {
  const { begun, start } = scene(1);
  start("1");
  start("2", "b");
  expect(begun).toEqual(["1", "2"]);
});

test("a request that is over before its turn takes none, and gives none", () => {
  const { begun, start } = scene(1);
  const one = start("1");
  start("2").emit("close");
  start("3");
  expect(begun).toEqual(["1"]);
  one.emit("close");
  expect(begun).toEqual(["1", "3"]);
});

test("an agent without a bound has none", () => {
  const { begun, start } = scene();
  start("1");
  start("2");
  expect(begun).toEqual(["1", "2"]);
});
