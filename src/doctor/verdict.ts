import type { Report } from "./types.js";

export interface Verdict {
  readonly state: "good" | "warn" | "bad";
  readonly text: string;
}

/** The report in a sentence. */
export function verdictOf({ ok, warnings, faults, targets }: Report): Verdict {
  if (!ok) return { state: "bad", text: `${faults.length} ${faults.length === 1 ? "fault" : "faults"}.` };
  if (warnings.some(({ code }) => code === "HTTP_STATUS"))
    return { state: "warn", text: "The way holds; what is refused at its end is among the warnings." };
  if (targets.some((target) => target.ok && target.stages.some((stage) => !stage.ok)))
    return { state: "warn", text: "A plain request gets through; what else does not is among the warnings." };
  if (targets.some((target) => !target.ok))
    return { state: "warn", text: "What is needed works; the rest is among the warnings." };
  return { state: "good", text: "Everything that was checked works." };
}
