import { readPathValue } from "../../base/path-value.js";

/** The path that a flag names, as it may be shown: `…` where it may as well be a secret that stands in the wrong place. */
export function shownPath(text: string): string {
  const read = readPathValue(text, { platform: process.platform, home: "/", directory: "/" });
  return read.kind === "path" && !read.doubtful ? text : "…";
}
