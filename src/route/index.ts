export { matchHost, matchNoProxy } from "./match.js";
export { selectRoute } from "./select.js";
export type { Route } from "./types.js";
