/** The bridges' part of the report. */
import { fixed, heading, row, times } from "../layout.mjs";
import { targets } from "../targets.mjs";

export function mcpLines({ first, calls }) {
  return [
    ...first.flatMap(({ title, rows }) => [
      heading(title),
      row("", "ms", "MB", "", "", "ours", ""),
      ...rows.map(({ name, ms, megabytes, ratio, verdict = "" }) =>
        row(name, fixed(ms, 0), fixed(megabytes, 0), "", "", times(ratio), verdict),
      ),
      "",
    ]),
    ...calls.flatMap(({ title, rows }) => [
      heading(title),
      row("", "calls/s", "p50 ms", "added", "MB", "ours", ""),
      ...rows.map(({ name, perSecond, p50, added, megabytes, ratio, verdict = "" }) =>
        row(name, fixed(perSecond, 0), fixed(p50, 2), fixed(added, 2), fixed(megabytes, 0), times(ratio), verdict),
      ),
      "",
    ]),
    "Added: over the SDK's own HTTP, in ms. Ours: how many times better ours is than",
    `the row's. Targets of ours: adds at most ${targets.mcpAddedMs} ms; the first list within ${targets.mcpFirstList}x of`,
    `mcp-remote's time; ${targets.mcpInFlight}x of its calls to the stub with 16 in flight (the other server is`,
    `itself the limit); ${targets.mcpMegabytes} MB at most with calls one by one.`,
    "",
  ];
}
