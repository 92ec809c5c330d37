import { describe, expect, it } from "vitest";
import { parse, parseArguments } from "./program.js";

describe("a command line without options", () => {
  it.each([
    ["run", "--", "true"],
    ["run", "--", "npm", "run", "--", "--color"],
    ["run", "--", "--print"],
    ["run", "--", ""],
    ["run", "--", "run", "--"],
    ["run", "--", "--"],
  ])("is what the parser makes of it: %s %s %s", (...argv) => {
    expect(parseArguments(argv, "1.2.3", false)).toEqual(parse(argv, "1.2.3", false));
  });

  it.each([[["run", "--"]], [["run"]], [["run", "--print", "--", "true"]]])(
    "but not %j, which the parser reads",
    (argv) => {
      const told = (read: typeof parse): unknown => {
        try {
          return read(argv, "1.2.3", false);
        } catch (error) {
          return error;
        }
      };
      expect(told(parseArguments)).toEqual(told(parse));
    },
  );
});

describe("a command that is named first, and so made alone,", () => {
  it.each([
    ["explain", "https://a.test/"],
    ["run", "--print", "--", "true"],
    ["run", "--help"],
    ["mcp", "install", "name", "https://a.test/"],
  ])("is parsed as it is among all others: %s %s", (name, ...rest) => {
    const alone = parse([name, "--no-color", ...rest], "1.2.3", false);
    expect(alone).toEqual(parse(["--no-color", name, ...rest], "1.2.3", false));
  });
});
