import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../../src");

type Graph = ReadonlyMap<string, readonly string[]>;

/** Types count as well: two files that cannot be read without each other are one, whatever is left of it at run time. */
const imported = /\b(?:from|import)\s*\(?\s*"(\.[^"]+)\.js"/g;

function graphOf(folder: string): Graph {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  return new Map(
    files.map((file) => {
      const path = join(folder, file);
      const names = [...readFileSync(path, "utf8").matchAll(imported)].map(([, name = ""]) => name);
      return [file, names.map((name) => relative(folder, `${resolve(dirname(path), name)}.ts`))];
    }),
  );
}

/** One circle, as the way from a file back to itself. */
function circleIn(graph: Graph): readonly string[] | undefined {
  const done = new Set<string>();
  const search = (file: string, way: readonly string[]): readonly string[] | undefined => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const next of graph.get(file) ?? []) {
      const circle = search(next, [...way, file]);
      if (circle !== undefined) return circle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const circle = search(file, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

describe("no files import each other in a circle", () => {
  it("in the source", () => {
    const graph = graphOf(root);
    // A specifier that is read wrongly would hide a circle.
    expect([...graph.values()].flat().filter((file) => !graph.has(file) && !file.startsWith(".."))).toEqual([]);
    expect(graph.size).toBeGreaterThan(300);
    expect(circleIn(graph)).toBeUndefined();
  });

  it("and one would be found", () => {
    const graph = new Map(
      Object.entries({ a: ["b", "c"], b: ["c"], c: ["d"], d: ["b"], e: ["a"] } satisfies Record<string, string[]>),
    );
    expect(circleIn(graph)).toEqual(["b", "c", "d", "b"]);
    expect(circleIn(new Map([["a", ["b"]]]))).toBeUndefined();
  });
});
