import { showAs } from "../base/show-as.js";
import { emptyHelper } from "./faults.js";
import type { Candidate } from "./findings.js";
import { settingName } from "./setting-name.js";
import { longestTimeout } from "./timeouts.js";
import type { AuthHelper, Source } from "./types.js";

type Named = Pick<AuthHelper, "command" | "claudeCode">;

/** Milliseconds: as long as Claude Code keeps an answer of its helper. */
export const defaultTtl = 300_000;

export function helperCandidate(
  command: AuthHelper["command"] | undefined,
  source: Source,
  claudeCode?: AuthHelper["claudeCode"],
): Candidate<Named> | undefined {
  if (command === undefined || (typeof command === "string" && command.trim() === "")) return undefined;
  const isNamed = typeof command === "string" || (command[0] ?? "").trim() !== "";
  return {
    name: "proxyAuth.helper",
    value: withoutCommandLine({ command, ...(claudeCode && { claudeCode }) }),
    source,
    shown: "[from a command]",
    faults: isNamed ? [] : [emptyHelper(settingName(source))],
  };
}

export function ttlCandidate(ttl: number | undefined, source: Source): Candidate<number> | undefined {
  return ttl === undefined ? undefined : { name: "proxyAuth.helperTtl", value: ttl, source, shown: `${ttl} ms` };
}

/** A number of milliseconds; undefined where it is none. */
export function readTtl(text: string): number | undefined {
  const ttl = /^\d{1,10}$/.test(text.trim()) ? Number(text) : undefined;
  return ttl === undefined || ttl > longestTimeout ? undefined : ttl;
}

export function authHelper(named: Named, ttl: number, directory: string): AuthHelper {
  return withoutCommandLine({ ...named, ttl, directory });
}

/** A command line may hold a secret: it is not shown when the policy is printed. */
function withoutCommandLine<T extends Named>(helper: T): T {
  return showAs(helper, () => ({ ...helper, command: "[command]" }));
}
