import { expect, it } from "vitest";
import { claudeSettingsPaths } from "./claude-settings.js";

it("is read where each system keeps it, parts of the administrator's from the last to the first", () => {
  const paths = (platform: NodeJS.Platform, home: string) =>
    claudeSettingsPaths(platform, { home, variable: () => undefined }, () => ["10-a.json", "20-b.json", "x.txt"]).map(
      ({ path }) => path,
    );
  expect(paths("linux", "/home/alice")).toEqual([
    "/etc/claude-code/managed-settings.d/20-b.json",
    "/etc/claude-code/managed-settings.d/10-a.json",
    "/etc/claude-code/managed-settings.json",
    "/home/alice/.claude/settings.json",
  ]);
  expect(paths("darwin", "/Users/a")[2]).toBe("/Library/Application Support/ClaudeCode/managed-settings.json");
  expect(paths("win32", "C:\\Users\\a").slice(2)).toEqual([
    "C:\\Program Files\\ClaudeCode\\managed-settings.json",
    "C:\\Users\\a\\.claude\\settings.json",
  ]);
});
