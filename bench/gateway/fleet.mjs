/** The forwarders of one measurement, all running at once, each in its own process. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { start } from "../processes.mjs";
import { forwarders, gatewayVariables, targetOf } from "./forwarders.mjs";
import { startMitmproxy } from "./mitmproxy.mjs";

/** Names of the forwarders that have a way, in the order of the table. `without`: those that are not installed. */
export function thatGo(way, without = []) {
  return Object.keys(forwarders).filter((name) => way in forwarders[name] && !without.includes(name));
}

/** @returns {Promise<Map<string, { via: import("./forwarders.mjs").Via, usage: () => Promise<{ cpu: number, rss: number }>, stop: () => void }>>} */
export async function startFleet(names, way, site) {
  const fleet = new Map();
  try {
    for (const name of names) fleet.set(name, await startForwarder(name, way, site));
    return fleet;
  } catch (error) {
    stopFleet(fleet);
    throw error;
  }
}

export function stopFleet(fleet) {
  for (const forwarder of fleet.values()) forwarder.stop();
}

async function startForwarder(name, way, site) {
  const { foreign, ours, floor } = forwarders[name];
  const started = await (foreign ? startMitmproxy(site, way) : startNode(name, way, site, ours));
  const target = floor && way === "straight" ? {} : { target: targetOf(site, way) };
  return { ...started, ours: ours === true, via: { ...target, ...started.via } };
}

async function startNode(name, way, site, ours) {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  const env = ours ? gatewayVariables(site, way, folder) : {};
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    // What peers print of connections that end is of no interest here.
    const child = await start("gateway/forwarder.mjs", {
      args: [JSON.stringify({ name, way, site })],
      env,
      stdio: ["ignore", "ignore", ours ? "inherit" : "ignore", "ipc"],
    });
    const stop = () => {
      child.stop();
      remove();
    };
    return { via: child.first, usage: () => child.ask("usage"), stop };
  } catch (error) {
    remove();
    throw error;
  }
}
