/** The gateway beside its peers: added latency, throughput, memory of idle tunnels, and requests in TLS that is intercepted. */
import { basic } from "../upstream.mjs";
import { start } from "../processes.mjs";
import { startFleet, stopFleet, thatGo } from "./fleet.mjs";
import { targetOf } from "./forwarders.mjs";
import { measureIdle } from "./idle.mjs";
import { mitmproxyVersion } from "./mitmproxy.mjs";
import { measureTwice, playRounds } from "./rounds.mjs";
import { bulkRows, direct, latencyRows, interceptedRows } from "./verdicts.mjs";

/** @param effort rounds, and milliseconds of each */
export async function measureGateway(effort, progress) {
  const mitmproxy = mitmproxyVersion();
  const missing = mitmproxy === undefined ? ["mitmproxy"] : [];
  const site = await start("gateway/site.mjs");
  const load = await start("gateway/load.mjs");
  const scene = { site: site.first, load, missing, effort, progress };
  try {
    return {
      mitmproxy,
      latency: [...(await measureLatency(scene, "chained")), ...(await measureLatency(scene, "straight"))],
      bulk: await measureBulk(scene),
      idle: await measureIdle(scene),
      intercepted: await measureIntercepted(scene),
    };
  } finally {
    site.stop();
    load.stop();
  }
}

/**
 * Milliseconds. A gateway runs for days, so what counts is a new tunnel once V8 has compiled the code that makes one. That is after 2,000 to
 * 4,000 of them, here as in the peers; the first 400 cost two and a half times as much.
 */
const untilCompiled = 2000;

const latencyWorkloads = [
  { title: "small requests, one tunnel", order: "roundTrips", options: {} },
  { title: "small requests, a new tunnel each", order: "newTunnels", options: {}, warmUp: untilCompiled },
];

function measureLatency(scene, way) {
  const { site } = scene;
  const chained = { port: site.proxy.port, target: targetOf(site, way), authorization: basic(site.proxy) };
  const nothingBetween = way === "chained" ? chained : { port: site.tunnel.port };
  const suffix = way === "chained" ? "by way of an upstream proxy" : "to loopback";
  const workloads = latencyWorkloads.map((workload) => ({ ...workload, title: `${workload.title}, ${suffix}` }));
  return measure(scene, way, { workloads, nothingBetween, judge: latencyRows });
}

/**
 * Without an upstream proxy: its work is the same for all and would hide theirs, and two processors have enough to do with
 * three processes.
 */
function measureBulk(scene) {
  const workloads = ["download", "upload"].map((direction) => ({
    title: `bulk ${direction}, one tunnel to loopback`,
    order: "transfer",
    options: { direction },
  }));
  return measure(scene, "straight", { workloads, judge: bulkRows });
}

const interceptedWorkloads = [
  { title: "TLS intercepted, keep-alive, 1 in flight", options: { inFlight: 1, newConnection: false } },
  { title: "TLS intercepted, keep-alive, 50 in flight", options: { inFlight: 50, newConnection: false } },
  { title: "TLS intercepted, a new TLS connection each", options: { inFlight: 1, newConnection: true } },
];

/** Beside them, as `direct`: a client that goes to the upstream proxy itself and presents the certificate itself. */
function measureIntercepted(scene) {
  const { root: ca, cert, key, proxy } = scene.site;
  const target = targetOf(scene.site, "intercepted");
  return measure(scene, "intercepted", {
    workloads: interceptedWorkloads.map((workload) => ({ ...workload, order: "requests" })),
    nothingBetween: { port: proxy.port, target, authorization: basic(proxy), ca, cert, key },
    judge: interceptedRows,
  });
}

async function measure({ site, load, missing, effort, progress }, way, { workloads, nothingBetween, judge }) {
  const withFleet = async (use) => {
    const fleet = await startFleet(thatGo(way, missing), way, site);
    try {
      return await use(
        nothingBetween === undefined ? fleet : new Map([[direct, unmeasured(nothingBetween)], ...fleet]),
      );
    } finally {
      stopFleet(fleet);
    }
  };
  return withFleet(async (everyone) => {
    const results = [];
    for (const { title, ...workload } of workloads) {
      const play = async (fleet, rounds) => judge(await playRounds(fleet, load, workload, rounds));
      const once = (rounds) => play(everyone, rounds);
      const again = (rounds) => withFleet((others) => play(others, rounds));
      results.push({ title, rows: await measureTwice(title, once, effort, progress, again) });
    }
    return results;
  });
}

function unmeasured(via) {
  return { via, ours: true, usage: async () => ({ cpu: Number.NaN }) };
}
