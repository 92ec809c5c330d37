/** A host that Claude Code speaks to by itself. */
export interface ClaudeCodeHost {
  readonly host: string;
  /** In a few words, at most 24 characters. */
  readonly purpose: string;
  /** Without it Claude Code does not work; the others are for a part of it. */
  readonly needed: boolean;
  /** Where one of these variables is on, the host is not asked. */
  readonly offBy: readonly string[];
}

const elsewhere = ["CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY"];
const nonessential = "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC";

/**
 * The table to keep current: https://code.claude.com/docs/en/network-config and https://code.claude.com/docs/en/data-usage, held against the
 * hosts that Claude Code 2.1.330 names. Looked through in November 2026. With `ANTHROPIC_BASE_URL` that URL stands in the first one's place,
 * and the logins are not needed.
 */
export const claudeCodeHosts: readonly ClaudeCodeHost[] = [
  { host: "api.anthropic.com", purpose: "API", needed: true, offBy: elsewhere },
  { host: "claude.ai", purpose: "login, Claude account", needed: false, offBy: elsewhere },
  { host: "platform.claude.com", purpose: "login, Console account", needed: false, offBy: elsewhere },
  {
    host: "downloads.claude.ai",
    purpose: "updates, plugins",
    needed: false,
    offBy: [nonessential, "DISABLE_AUTOUPDATER", "DISABLE_UPDATES"],
  },
  {
    host: "registry.npmjs.org",
    purpose: "updates by npm",
    needed: false,
    offBy: [nonessential, "DISABLE_AUTOUPDATER", "DISABLE_UPDATES"],
  },
  { host: "raw.githubusercontent.com", purpose: "release notes", needed: false, offBy: [nonessential] },
  {
    host: "http-intake.logs.us5.datadoghq.com",
    purpose: "telemetry",
    needed: false,
    offBy: [nonessential, "DISABLE_TELEMETRY"],
  },
];
