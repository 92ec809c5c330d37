import { posix, win32 } from "node:path";
import type { PathEnvironment } from "./config-paths.js";

/** A place where Claude Code keeps settings. */
export interface ClaudeSettingsPath {
  readonly path: string;
  readonly scope: "user" | "managed";
}

/**
 * Where Claude Code has the settings of the administrator and of the user, those that count first at the front: the files of
 * `managed-settings.d` from the last to the first, `managed-settings.json`, and the user's `settings.json`. A project's are not among them.
 * https://code.claude.com/docs/en/settings
 * @param list the names in a directory; none where there is no such one
 */
export function claudeSettingsPaths(
  platform: NodeJS.Platform,
  { home, variable }: PathEnvironment,
  list: (directory: string) => readonly string[],
): readonly ClaudeSettingsPath[] {
  const { join, isAbsolute } = platform === "win32" ? win32 : posix;
  const managed = managedFolder(platform);
  const parts = join(managed, "managed-settings.d");
  const names = list(parts).filter((name) => name.endsWith(".json") && !name.startsWith("."));
  const named = variable("CLAUDE_CONFIG_DIR");
  // A relative one would be the working directory's.
  const own = named !== undefined && isAbsolute(named) ? named : join(home, ".claude");
  return [
    ...[...names]
      .sort()
      .reverse()
      .map((name) => ({ path: join(parts, name), scope: "managed" as const })),
    { path: join(managed, "managed-settings.json"), scope: "managed" },
    { path: join(own, "settings.json"), scope: "user" },
  ];
}

function managedFolder(platform: NodeJS.Platform): string {
  if (platform === "win32") return "C:\\Program Files\\ClaudeCode";
  return platform === "darwin" ? "/Library/Application Support/ClaudeCode" : "/etc/claude-code";
}
