import { claudeCodeHosts } from "./claude-code-hosts.js";

/** A URL to look at, and what for. */
export interface Goal {
  readonly url: string;
  /** What it is for, in a few words; null for one that somebody named. */
  readonly purpose: string | null;
  /** Whether it is a fault where it cannot be reached. */
  readonly needed: boolean;
}

export const namedGoal = (url: string): Goal => ({ url, purpose: null, needed: true });

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * What Claude Code asks by itself under these variables, the API first. Where it speaks to a cloud's endpoint, which depends on region and
 * account, that is not among them.
 */
export function claudeCodeGoals(variables: Variables): readonly Goal[] {
  const base = (variables["ANTHROPIC_BASE_URL"] ?? "").trim();
  const hosts = claudeCodeHosts.filter(({ offBy }) => !offBy.some((name) => isOn(variables[name])));
  const goals = hosts.map(({ host, purpose, needed }) => ({ url: `https://${host}/`, purpose, needed }));
  if (base === "") return goals;
  const own = { url: base, purpose: "ANTHROPIC_BASE_URL", needed: true };
  return [own, ...goals.filter(({ purpose, needed }) => !needed && !purpose.startsWith("login"))];
}

const isOn = (value: string | undefined): boolean =>
  !["", "0", "false", "no", "off"].includes((value ?? "").trim().toLowerCase());
