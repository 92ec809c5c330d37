export { isLeftAlone } from "./loopback.js";
export { matchHost, matchNoProxy } from "./match.js";
export { reportRoute } from "./report.js";
export { selectRoute } from "./select.js";
export type { HopReport, Route, RouteReport } from "./types.js";
