/**
 * One contender in a process of its own, so that none profits from code that another has warmed up, nor pays for
 * another's garbage. Takes orders by message: `run` (a round of requests) and `prove` (what a new connection reuses).
 */
import tls from "node:tls";
import { syncBuiltinESMExports } from "node:module";
import { contenders } from "./contenders.mjs";
import { serveOrders } from "./serve-orders.mjs";

let built = 0;
const { createSecureContext } = tls;
tls.createSecureContext = (...options) => {
  built++;
  return createSecureContext(...options);
};
// Before any client is loaded: they may have taken it by name.
syncBuiltinESMExports();

const { name, site } = JSON.parse(process.argv[2]);
const ask = await contenders[name].open(site);

const fresh = { connection: "close" };
const kept = {};

async function run({ inFlight, newConnection, ms }) {
  const headers = newConnection ? fresh : kept;
  // Connections that were closed while others had their turn are opened again before the clock runs.
  if (!newConnection) await Promise.all(Array.from({ length: inFlight }, () => ask(headers)));
  const latencies = [];
  const start = performance.now();
  const cpu = process.cpuUsage();
  const lane = async () => {
    while (performance.now() - start < ms) {
      const sent = performance.now();
      await ask(headers);
      latencies.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  latencies.sort((a, b) => a - b);
  const count = latencies.length;
  return { perSecond: count / seconds, p50: latencies[count >> 1], cpu: (user + system) / count };
}

/** Secure contexts built and sessions resumed over `connections` new connections, after a first one. */
async function prove({ connections }) {
  const first = await ask(fresh);
  if (first["x-peer"] !== "alice") throw new Error(`${name}: the origin saw ${first["x-peer"]} instead of alice`);
  built = 0;
  let resumed = 0;
  for (let done = 0; done < connections; done++) {
    const headers = await ask(fresh);
    if (headers["x-resumed"] === "true") resumed++;
  }
  return { connections, built, resumed };
}

serveOrders({ run, prove });
