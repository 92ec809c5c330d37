import { curl } from "./curl.js";
import { noneIsTaken } from "./edges.js";
import type { ProxyModel } from "./types.js";

/** git asks libcurl, and looks into its own configuration first. */
export const git: ProxyModel = {
  ...curl,
  id: "git",
  tool: "git",
  // git 2.39 reads the value itself, and hands on what it has found.
  edges: { ...noneIsTaken, "blank before it": "proxy", "byte order mark": "proxy" },
  condition: "only where git's own configuration has no http.proxy",
};
