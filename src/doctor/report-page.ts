import type { ReportSurroundings } from "./report-page/index.js";
import type { Report } from "./types.js";

/** See report-page/index.ts, which is loaded for it. */
export async function reportPage(report: Report, around: ReportSurroundings): Promise<string> {
  const { renderReportPage } = await import("./report-page/index.js");
  return renderReportPage(report, around);
}
