import type { Fault } from "../base/errors.js";
import { openedByTheSame } from "./faults-inspected.js";
import type { StageReport, TargetReport } from "./types.js";

/**
 * Who opens the TLS of one host opens that of others: a target whose certificate is not trusted, and was issued by the very one who makes them for a host
 * that is known to be inspected, is inspected as well. By the issuer itself, not by the root above it: companies sign their own servers
 * with the same root.
 */
export function compareChains<T extends TargetReport>(targets: readonly T[]): readonly T[] {
  const inspectors = new Map<string, string>();
  for (const { url, faults, chain } of targets)
    if (faults[0]?.code === "TLS_INSPECTED" && chain !== null) inspectors.set(issuerOf(chain), new URL(url).host);
  return targets.map((target) => {
    const { url, faults, chain } = target;
    const [fault] = faults;
    const other = chain === null ? undefined : inspectors.get(issuerOf(chain));
    if (fault?.code !== "TLS_UNTRUSTED_ISSUER" || chain?.missing === null || other === undefined) return target;
    return told(target, fault, openedByTheSame(fault, new URL(url).host, chain?.certificates[0]?.issuer ?? "", other));
  });
}

function told<T extends TargetReport>(target: T, old: Fault, fault: Fault): T {
  return {
    ...target,
    inspector: target.chain?.certificates[0]?.issuer ?? null,
    stages: restated(target.stages, old, fault),
    faults: [fault, ...target.faults.slice(1)],
  };
}

/** The issuer of the target's own certificate; by its own certificate where that was sent, since names can be shared. */
function issuerOf({ certificates: [leaf, issuer] }: NonNullable<TargetReport["chain"]>): string {
  return `${leaf?.issuer ?? ""} ${issuer?.sha256 ?? ""}`;
}

/** The stages with the rung of one fault in the words of what it turned out to be. */
export function restated(
  stages: readonly StageReport[],
  old: Pick<Fault, "message">,
  { message }: Pick<Fault, "message">,
): readonly StageReport[] {
  return stages.map((stage) => (!stage.ok && stage.detail === old.message ? { ...stage, detail: message } : stage));
}
