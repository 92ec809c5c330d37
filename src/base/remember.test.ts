import { expect, it } from "vitest";
import { remembering, rememberingOrigins } from "./remember.js";

/** What was read, in order. */
function counted(wrap: typeof remembering<string>): { read: (text: string) => string; seen: string[] } {
  const seen: string[] = [];
  const read = wrap((text) => {
    seen.push(text);
    if (text.includes("bad")) throw new Error("not valid");
    return text.toUpperCase();
  });
  return { read, seen };
}

it("a text is read once, unless what reads it throws, or it is long", () => {
  const { read, seen } = counted(remembering);
  expect([read("a"), read("a")]).toEqual(["A", "A"]);
  for (const _ of [1, 2]) expect(() => read("bad")).toThrow("not valid");
  for (const _ of [1, 2]) read("x".repeat(301));
  expect(seen.map((text) => text.slice(0, 3))).toEqual(["a", "bad", "bad", "xxx", "xxx"]);
});

it("a few hundred texts are remembered, and what comes after them is read all the same", () => {
  const { read } = counted(remembering);
  for (let i = 0; i < 1000; i++) expect(read(`t${i % 300}`)).toBe(`T${i % 300}`);
});

it("of URLs those of origins alone are remembered: a path or a login is read each time", () => {
  const { read, seen } = counted(rememberingOrigins);
  const urls = ["https://a.example/", "https://a.example/secret", "https://u:p@a.example/", "https://a.example/?k=v"];
  for (const url of [...urls, ...urls]) read(url);
  expect(seen).toEqual([...urls, ...urls.slice(1)]);
});
