/** What tunnels cost that are open and idle: the memory of a forwarder before and after. */
import { spawnSync } from "node:child_process";
import { atMost, targets } from "../targets.mjs";
import { startFleet, stopFleet } from "./fleet.mjs";
import { forwarders } from "./forwarders.mjs";

const count = 2000;
const megabyte = 1024 * 1024;

export async function measureIdle({ site, load, missing, progress }) {
  const title = `${count} idle tunnels`;
  // The upstream proxy holds two ends of each.
  if (descriptors() < 2 * count + 200) return { title, rows: [], skipped: "too few descriptors: see ulimit -n" };
  progress(title);
  const rows = [];
  for (const [name, { chained, floor, ours, foreign }] of Object.entries(forwarders)) {
    if (floor || missing.includes(name)) continue;
    const way = chained !== undefined || foreign ? "chained" : "straight";
    // One at a time, and fresh: memory that an earlier measurement has grown would be counted, too.
    const fleet = await startFleet([name], way, site);
    try {
      const row = { name, ...(await hold(fleet.get(name), load)) };
      rows.push(ours ? { ...row, verdict: verdictOn(row) } : row);
    } finally {
      stopFleet(fleet);
    }
  }
  return { title, rows };
}

async function hold({ via, usage }, load) {
  // The first tunnels load code and compile it.
  await load.ask("hold", { via, count: 20 });
  await load.ask("release");
  const before = await usage();
  const { open } = await load.ask("hold", { via, count });
  const after = await usage();
  await load.ask("release");
  const grown = after.rss - before.rss;
  return { open, before: before.rss / megabyte, after: after.rss / megabyte, eachKilobytes: grown / 1024 / open };
}

function verdictOn({ open, after }) {
  return open === count ? atMost(after, targets.gatewayIdleMegabytes) : "MISSED";
}

/** The hard limit: Node raises its own to that. Where there is no such limit, any number. */
function descriptors() {
  const { status, stdout } = spawnSync("sh", ["-c", "ulimit -Hn"], { encoding: "utf8" });
  return status === 0 && stdout.trim() !== "unlimited" ? Number(stdout) : Infinity;
}
