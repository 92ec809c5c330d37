import type { GatewayStatus } from "../types.js";

export const metricsType = "text/plain; version=0.0.4; charset=utf-8";

/** What the process itself says; `startedAt` in milliseconds since the epoch. */
export interface ProcessFacts {
  readonly startedAt: number;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Family {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly samples: readonly Sample[];
}

/**
 * Prometheus' text format 0.0.4. Base units, counters end in `_total`, and every series of a closed set of labels is there
 * from the start with 0: a rate over a series that appears with its first count would miss that count.
 */
export function renderMetrics(status: GatewayStatus, facts: ProcessFacts): string {
  return [...trafficFamilies(status), ...stateFamilies(status), ...processFamilies(facts)].map(renderFamily).join("");
}

function trafficFamilies({ totals, connections, faults, refusals }: GatewayStatus): Family[] {
  return [
    counter("sallyport_connections_total", "Connections and requests accepted.", byLabel("kind", totals.connections)),
    gauge("sallyport_connections_open", "Connections and requests that are open.", connections.length),
    counter(
      "sallyport_bytes_total",
      "Bytes passed: up from clients, down to them.",
      byLabel("direction", { up: totals.bytesUp, down: totals.bytesDown }),
    ),
    counter(
      "sallyport_faults_total",
      "Faults in reaching targets, by code.",
      faults.map(({ code, count }) => ({ labels: { code }, value: count })),
    ),
    counter(
      "sallyport_refusals_total",
      "Requests that the gateway itself refused, by HTTP status.",
      byLabel("status", refusals),
    ),
  ];
}

function stateFamilies({ certificates, totals, draining, version, warnings }: GatewayStatus): Family[] {
  return [
    {
      name: "sallyport_client_certificate_expiry_timestamp_seconds",
      type: "gauge",
      help: "When a client certificate expires, in seconds since the epoch.",
      samples: earliestByName(certificates),
    },
    counter(
      "sallyport_reloads_total",
      "Reloads of the settings.",
      byLabel("result", { success: totals.reloads, failure: totals.failedReloads }),
    ),
    counter("sallyport_network_changes_total", "Networks that the machine has come into.", [
      { labels: {}, value: totals.networkChanges },
    ]),
    gauge("sallyport_warnings", "Warnings about the settings in force.", warnings.length),
    gauge(
      "sallyport_draining",
      "1 while the gateway accepts no new connections and waits for open ones.",
      Number(draining),
    ),
    {
      name: "sallyport_build_info",
      type: "gauge",
      help: "The version of sallyport; always 1.",
      samples: [{ labels: { version }, value: 1 }],
    },
  ];
}

function processFamilies({ startedAt, cpuSeconds, residentBytes }: ProcessFacts): Family[] {
  return [
    counter("process_cpu_seconds_total", "User and system CPU time of the process.", [{ value: cpuSeconds }]),
    gauge("process_resident_memory_bytes", "Resident memory of the process.", residentBytes),
    gauge("process_start_time_seconds", "When the process started, in seconds since the epoch.", startedAt / 1000),
  ];
}

const counter = (name: string, help: string, samples: readonly Sample[]): Family => ({
  name,
  type: "counter",
  help,
  samples,
});
const gauge = (name: string, help: string, value: number): Family => ({
  name,
  type: "gauge",
  help,
  samples: [{ value }],
});

function byLabel(label: string, counts: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(counts).map(([text, value]) => ({ labels: { [label]: text }, value }));
}

/** Names are people's choice and may come twice, which two series must not: the one that expires first counts. */
function earliestByName(certificates: GatewayStatus["certificates"]): Sample[] {
  const earliest = new Map<string, number>();
  for (const { name, notAfter } of certificates) {
    const seconds = Date.parse(notAfter) / 1000;
    earliest.set(name, Math.min(seconds, earliest.get(name) ?? seconds));
  }
  return [...earliest].map(([name, value]) => ({ labels: { name }, value }));
}

function renderFamily({ name, type, help, samples }: Family): string {
  const lines = samples.map(({ labels, value }) => `${name}${renderLabels(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function renderLabels(labels: Sample["labels"]): string {
  if (labels === undefined) return "";
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(",")}}`;
}

const escapeLabel = (value: string): string =>
  value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
