import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findJsonProblem } from "./json-syntax.js";

describe("findJsonProblem", () => {
  it.each([
    ["", 1, 1, "the file is empty"],
    ["\n\n", 3, 1, "the file is empty"],
    ['{"a": 1,}', 1, 8, "a comma comes before the end"],
    ['{"a": [1,]}', 1, 9, "a comma comes before the end"],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3, "a comma or a closing brace is missing"],
    ['{"a" 1}', 1, 6, "a colon is missing"],
    ["{a: 1}", 1, 2, "a name in double quotes is missing"],
    ["{'a': 1}", 1, 2, "a name in double quotes is missing"],
    [`{"a": 'b'}`, 1, 7, "strings need double quotes"],
    ['{\n  // note\n  "a": 1}', 2, 3, "JSON has no comments"],
    ['{"a": yes}', 1, 7, "a value is missing or misspelt"],
    ['{"a": 01}', 1, 7, "a value is missing or misspelt"],
    ['{"a": }', 1, 7, "a value is missing or misspelt"],
    ['{"a": "C:\\corp"}', 1, 10, "a backslash does not begin a valid escape"],
    ['{"a": "b', 1, 7, "a string is not closed"],
    ['{"a": "b\n"}', 1, 9, "not closed on its line"],
    ['{"a": 1', 1, 8, "a comma or a closing brace is missing"],
    ["[1 2]", 1, 4, "a comma or a closing bracket is missing"],
    ["{} {}", 1, 4, "nothing may follow"],
    ['{"a": 1, "a": 2}', 1, 10, "appears twice"],
    ['{"a": 1, "\\u0061": 2}', 1, 10, "appears twice"],
    ["[".repeat(100_000), 1, 65, "nesting is too deep"],
  ])("%j: line %i, column %i: %s", (text, line, column, problem) => {
    expect(findJsonProblem(text)).toEqual({ line, column, problem: expect.stringContaining(problem) as string });
  });

  it("finds nothing wrong with what JSON.stringify writes", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.constantFrom(0, 2, "\t"), (value, indent) => {
        expect(findJsonProblem(JSON.stringify(value, null, indent))).toBeUndefined();
      }),
    );
  });

  it("agrees with JSON.parse on what is JSON, but for duplicate names", () => {
    const text = fc.string({
      unit: fc.constantFrom(
        ...'{}[]":,\\-+.01eEn tfu/a\n'.split(""),
        "\u0001",
        "\u007f",
        "\u0085",
        "é",
        "\ud800",
        "true",
        "null",
        '"a"',
        '"b"',
      ),
      maxLength: 16,
    });
    fc.assert(
      fc.property(text, (json) => {
        const problem = findJsonProblem(json)?.problem;
        if (problem?.includes("twice") === true) return;
        expect(problem === undefined).toBe(parses(json));
      }),
      { numRuns: 5000 },
    );
  });
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

it("a string of any length is read: V8 runs out of stack in a pattern that repeats ten million times", () => {
  expect(findJsonProblem(`{"a": "${"x".repeat(12_000_000)}"}`)).toBeUndefined();
  expect(findJsonProblem(`{"a": "${"x".repeat(12_000_000)}`)?.problem).toBe("a string is not closed");
});
