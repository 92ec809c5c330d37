import { unique } from "./configuration.js";
import type { Report } from "./types.js";

/** One report of several: of the same machine, under settings that differ. */
export function mergeReports(reports: readonly Report[]): Report {
  const faults = unique(reports.flatMap((report) => report.faults));
  return {
    ok: faults.length === 0,
    warnings: unique(reports.flatMap((report) => report.warnings)),
    faults,
    targets: reports.flatMap((report) => report.targets),
  };
}
