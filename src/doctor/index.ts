export { configurationFaults, configurationWarnings, warningsFor } from "./configuration.js";
export { diagnose, diagnoseAll, type DiagnoseOptions, type Inquiry } from "./diagnose.js";
export { explainError, readCatalogue, type CatalogueEntry, type ErrorMatch } from "./error-catalogue.js";
export { explain } from "./explain.js";
export { explainUrl } from "./explain-url.js";
export { unusedOsSettings } from "./os-settings.js";
export { renderExplanation, renderSettings } from "./explanation.js";
export { renderFault, renderReport, renderStage } from "./ladder.js";
export { clip, indent, plain, wrap, type Paint } from "./layout.js";
export { claudeCodeGoals, type Goal } from "./goals.js";
export { openForDiagnosis } from "./open.js";
export { probeNames, type ProbeName } from "./probes/types.js";
export { reportPage } from "./report-page.js";
export type { ReportSurroundings } from "./report-page/index.js";
export { quickAnswer, type QuickAnswerOptions } from "./quick-answer.js";
export { parseTarget } from "./parse-target.js";
export { findingOf } from "./whose.js";
export type {
  Diagnosable,
  Explanation,
  Finding,
  HopReport,
  IdentityReport,
  MissingAuthority,
  Owner,
  Report,
  RouteReport,
  ShownCertificate,
  ShownChain,
  StageReport,
  TargetReport,
  TrustReport,
} from "./types.js";
