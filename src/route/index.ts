export { isLeftAlone } from "./loopback.js";
export { matchHost, matchNoProxy } from "./match.js";
export { reportRoute } from "./report.js";
export { selectRoute } from "./select.js";
export type { HopReport, Route, RouteReport } from "./types.js";
export { createRouter, type Router, type RouterOptions } from "./router.js";
export * as pacFaults from "./faults-pac.js";
export type { PacDownload, PacFetch, PacMarks } from "./pac/source.js";
export type { PacFiles } from "./pac/index.js";
