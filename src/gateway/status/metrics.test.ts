import { describe, expect, it } from "vitest";
import { renderMetrics } from "./metrics.js";
import { busyStatus } from "./testing/busy-status.js";
import { parseExposition, type Series } from "./testing/exposition.js";
import { quietStatus } from "./testing/fake-gateway.js";

const facts = { startedAt: 1_700_000_000_500, cpuSeconds: 1.25, residentBytes: 50_000_000 };
const metrics = (status = busyStatus): readonly Series[] => parseExposition(renderMetrics(status, facts));
const values = (all: readonly Series[], name: string): Record<string, number> =>
  Object.fromEntries(
    all.filter((one) => one.name === name).map(({ labels, value }) => [Object.values(labels).join(), value]),
  );

describe("/metrics", () => {
  it("holds every number of the status, under the names that are documented", () => {
    const all = metrics();
    expect(values(all, "sallyport_connections_total")).toEqual({
      connect: 1204,
      socks5: 18,
      forward: 377,
      upgrade: 9,
      origin: 55,
    });
    expect(values(all, "sallyport_connections_open")).toEqual({ "": 5 });
    expect(values(all, "sallyport_bytes_total")).toEqual({ up: 38_211_034, down: 4_120_993_001 });
    expect(values(all, "sallyport_faults_total")).toEqual({ TCP_TIMEOUT: 12, TLS_INSPECTED: 2 });
    expect(values(all, "sallyport_refusals_total")).toEqual({ 400: 1, 407: 3 });
    expect(values(all, "sallyport_reloads_total")).toEqual({ success: 3, failure: 1 });
    expect(values(all, "sallyport_network_changes_total")).toEqual({ "": 2 });
    expect(values(all, "sallyport_warnings")).toEqual({ "": 1 });
    expect(values(all, "sallyport_draining")).toEqual({ "": 0 });
    expect(values(all, "sallyport_build_info")).toEqual({ "1.2.3": 1 });
    expect(values(all, "sallyport_client_certificate_expiry_timestamp_seconds")["workstation"]).toBe(
      Date.parse("2027-02-04T11:00:00.000Z") / 1000,
    );
    expect(values(all, "process_start_time_seconds")).toEqual({ "": 1_700_000_000.5 });
    expect(values(all, "process_cpu_seconds_total")).toEqual({ "": 1.25 });
    expect(values(all, "process_resident_memory_bytes")).toEqual({ "": 50_000_000 });
  });

  it("has a zero for each kind, direction and result before anything happened", () => {
    const all = metrics(quietStatus);
    expect(Object.values(values(all, "sallyport_connections_total"))).toEqual([0, 0, 0, 0, 0]);
    expect(values(all, "sallyport_bytes_total")).toEqual({ up: 0, down: 0 });
    expect(values(all, "sallyport_reloads_total")).toEqual({ success: 0, failure: 0 });
  });

  it("escapes what people call their certificates", () => {
    const name = 'a "quoted" \\ name\nin two lines } 1';
    const [first] = busyStatus.certificates;
    const all = metrics({ ...busyStatus, certificates: [{ ...first!, name }] });
    expect(Object.keys(values(all, "sallyport_client_certificate_expiry_timestamp_seconds"))).toEqual([name]);
  });

  it("has one series for two certificates of one name: the one that expires first", () => {
    const [first] = busyStatus.certificates;
    const later = { ...first!, notAfter: "2030-01-01T00:00:00.000Z" };
    const all = metrics({ ...busyStatus, certificates: [later, first!, later] });
    expect(values(all, "sallyport_client_certificate_expiry_timestamp_seconds")).toEqual({
      workstation: Date.parse(first!.notAfter) / 1000,
    });
  });
});

describe("the reader that the tests use", () => {
  const head = "# HELP a_total x\n# TYPE a_total counter\n";
  it.each([
    ["a series without its family", "a_total 1\n", "not below its own TYPE"],
    ["a missing line feed", `${head}a_total 1`, "no line feed"],
    ["a series twice", `${head}a_total 1\na_total 2\n`, "a second time"],
    ["a quote in a label", `${head}a_total{k="a"b"} 1\n`, "no label"],
    ["a counter without _total", "# HELP a x\n# TYPE a counter\na 1\n", "a is a counter"],
    ["words for a value", `${head}a_total many\n`, "no sample"],
  ])("refuses %s", (_, text, message) => expect(() => parseExposition(text)).toThrow(message));
});
