/** The bridge of `sallyport mcp` beside its peers: time to the first list of tools, latency and throughput of calls, memory. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measureTwice } from "../gateway/rounds.mjs";
import { median } from "../statistics.mjs";
import { bridges, direct, open } from "./bridges.mjs";
import { startEverything, startStub } from "./servers.mjs";
import { callRows, startRows } from "./verdicts.mjs";

/** @param effort rounds, and milliseconds of each; `starts`: how often each bridge is started */
export async function measureMcp({ rounds, ms, starts }, progress) {
  const home = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  const servers = [];
  try {
    servers.push(await startStub(), await startEverything());
    const results = { first: [], calls: [] };
    for (const server of servers) {
      const title = `mcp, first tools/list of the ${server.name}`;
      const first = () => measureStarts(server, home);
      results.first.push({ title, rows: await measureTwice(title, first(), { rounds: starts, ms }, progress) });
    }
    for (const server of servers) {
      for (const inFlight of [1, 16]) {
        const title = `mcp, calls of the ${server.name}, ${inFlight} in flight`;
        const calls = (effort) => measureCalls(server, home, { ...effort, inFlight });
        results.calls.push({ title, rows: await measureTwice(title, calls, { rounds, ms }, progress) });
      }
    }
    return results;
  } finally {
    for (const server of servers) server.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

/** From the start of the process to the tools, handshake included. */
function measureStarts({ url }, home) {
  return async ({ rounds }) => {
    const names = [direct, ...bridges];
    const samples = new Map(names.map((name) => [name, []]));
    const once = async (name) => {
      const before = performance.now();
      const opened = await open(name, url, home);
      await opened.client.listTools();
      const sample = { ms: performance.now() - before, megabytes: opened.megabytes() };
      await opened.close();
      return sample;
    };
    // The first start reads files that later ones find in the page cache.
    for (const name of names) await once(name);
    for (let round = 0; round < rounds; round++)
      for (const name of turns(names, round)) samples.get(name).push(await once(name));
    return startRows(samples);
  };
}

async function measureCalls({ url, isServerBound }, home, { rounds, ms, inFlight }) {
  const names = [direct, ...bridges];
  const opened = new Map();
  try {
    for (const name of names) opened.set(name, await open(name, url, home));
    const samples = new Map(names.map((name) => [name, []]));
    for (const name of names) await callFor(opened.get(name).client, inFlight, ms);
    for (let round = 0; round < rounds; round++) {
      for (const name of turns(names, round))
        samples.get(name).push(await callFor(opened.get(name).client, inFlight, ms));
    }
    const megabytes = new Map(names.map((name) => [name, opened.get(name).megabytes()]));
    return callRows(samples, megabytes, { inFlight, isServerBound });
  } finally {
    for (const { close } of opened.values()) await close();
  }
}

/** Who comes first changes, so that nobody always runs behind the same neighbour. */
function turns(names, round) {
  const from = round % names.length;
  return [...names.slice(from), ...names.slice(0, from)];
}

/** Calls a tool for so many milliseconds, so many at a time. */
async function callFor(client, inFlight, ms) {
  const times = [];
  const begun = performance.now();
  const caller = async () => {
    while (performance.now() - begun < ms) {
      const before = performance.now();
      const { content } = await client.callTool({ name: "echo", arguments: { message: "hello" } });
      if (content?.[0]?.text !== "Echo: hello") throw new Error("a wrong answer");
      times.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  return { p50: median(times), perSecond: (times.length / (performance.now() - begun)) * 1000 };
}
