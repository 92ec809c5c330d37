/** Whether the command is Claude Code. */
export function isClaude(argv: readonly string[]): boolean {
  return /(?:^|[\\/])claude(?:\.(?:exe|cmd|ps1))?$/i.test(argv[0] ?? "");
}

/** Which URL a command is checked against when none is given. */
export function defaultCheck(
  argv: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const base = variables["ANTHROPIC_BASE_URL"];
  if (base !== undefined && base.trim() !== "") return base.trim();
  if (!isClaude(argv)) return undefined;
  // Claude Code then speaks to a cloud's endpoint, which depends on region and account.
  const elsewhere = ["CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY"];
  return elsewhere.some((name) => (variables[name] ?? "") !== "" && variables[name] !== "0")
    ? undefined
    : "https://api.anthropic.com/";
}
