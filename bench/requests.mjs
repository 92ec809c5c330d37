/** Requests through a proxy to an origin that wants a client certificate: every contender, round by round. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contenders } from "./contenders.mjs";
import { start } from "./processes.mjs";
import { median, pairedRatio } from "./statistics.mjs";
import { atLeast, targets } from "./targets.mjs";

const workloads = [
  { title: "keep-alive, 1 in flight", options: { inFlight: 1, newConnection: false }, target: targets.keepAlive },
  { title: "keep-alive, 50 in flight", options: { inFlight: 50, newConnection: false }, target: targets.keepAlive },
  { title: "a new connection each", options: { inFlight: 1, newConnection: true }, target: targets.newConnection },
];

const connections = 20;

/** @returns {Promise<{ workloads: object[], proofs: object[] }>} */
export async function measureRequests({ rounds, ms }, progress) {
  const directory = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  const running = [];
  try {
    const site = await start("site.mjs");
    running.push(site);
    const env = settings(site.first, directory);
    const clients = new Map();
    for (const [name, { ours }] of Object.entries(contenders)) {
      const client = await start("client.mjs", {
        args: [JSON.stringify({ name, site: site.first })],
        env: ours ? env : {},
      });
      running.push(client);
      clients.set(name, client);
    }
    const proofs = [];
    for (const [name, client] of clients) proofs.push({ name, ...(await client.ask("prove", { connections })) });
    const results = [];
    for (const workload of workloads) {
      progress(workload.title);
      const first = summarize(workload, await measure(clients, workload.options, { rounds, ms }));
      if (first.rows.every(({ verdict }) => verdict !== "MISSED")) {
        results.push(first);
        continue;
      }
      // A neighbour's burst of work looks like a loss. A real one is there the second time, too.
      progress(`${workload.title}, once more`);
      results.push(summarize(workload, await measure(clients, workload.options, { rounds: rounds * 2, ms })));
    }
    return { workloads: results, proofs };
  } finally {
    for (const child of running) child.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What a user would set, for the contenders that read their environment. */
function settings({ proxy, root, cert, key }, directory) {
  const file = (name, text) => {
    const path = join(directory, name);
    writeFileSync(path, text);
    chmodSync(path, 0o600);
    return path;
  };
  const login = `${encodeURIComponent(proxy.username)}:${encodeURIComponent(proxy.password)}`;
  return {
    HTTPS_PROXY: proxy.url.replace("://", `://${login}@`),
    // The peers get the bundled authorities and this one; the system's store would make our list longer than theirs.
    SALLYPORT_CERT_STORE: "bundled",
    SALLYPORT_CA_CERTS: file("root.pem", root),
    SALLYPORT_CLIENT_CERT: file("client.pem", cert),
    SALLYPORT_CLIENT_KEY: file("client.key", key),
  };
}

async function measure(clients, options, { rounds, ms }) {
  const samples = new Map([...clients.keys()].map((name) => [name, []]));
  for (const client of clients.values()) await client.ask("run", { ...options, ms: ms / 2 });
  for (let round = 0; round < rounds; round++) {
    // Who comes first changes, so that nobody always runs behind the same neighbour.
    const names = [...clients.keys()];
    for (const name of [...names.slice(round % names.length), ...names.slice(0, round % names.length)]) {
      samples.get(name).push(await clients.get(name).ask("run", { ...options, ms }));
    }
  }
  return samples;
}

function summarize({ title, target }, samples) {
  const column = (name, field) => samples.get(name).map((sample) => sample[field]);
  const rows = [...samples.keys()].map((name) => ({
    name,
    kind: contenders[name].kind,
    ours: contenders[name].ours,
    perSecond: median(column(name, "perSecond")),
    p50: median(column(name, "p50")),
    cpu: median(column(name, "cpu")),
  }));
  return { title, target, rows: rows.map((row) => ({ ...row, ...versus(row, rows, column, target) })) };
}

/** Ours against the faster peer of its kind. Ratios above 1 are in our favour. */
function versus(row, rows, column, target) {
  if (!row.ours) return {};
  const [peer] = rows
    .filter((other) => other.kind === row.kind && !other.ours)
    .toSorted((a, b) => b.perSecond - a.perSecond);
  const ratio = pairedRatio(column(row.name, "perSecond"), column(peer.name, "perSecond"));
  const p50Ratio = pairedRatio(column(peer.name, "p50"), column(row.name, "p50"));
  const cpuRatio = pairedRatio(column(peer.name, "cpu"), column(row.name, "cpu"));
  return { peer: peer.name, ratio, p50Ratio, cpuRatio, verdict: atLeast(Math.min(ratio, p50Ratio), target) };
}
