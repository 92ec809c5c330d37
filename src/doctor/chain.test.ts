import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { standardLab } from "../../test/support/standard-lab.js";
import type { System } from "../base/system.js";
import { createAuthority, type Authority, type Issued } from "../lab/ca.js";
import { createSystem } from "../env/index.js";
import { diagnose } from "./diagnose.js";
import { renderReport } from "./ladder.js";
import { plain } from "./layout.js";
import { openForDiagnosis } from "./open.js";
import { answering } from "./testing/answering.js";
import type { Report, TargetReport } from "./types.js";

const lab = await standardLab();
const inspected = { https_proxy: lab.inspector.url, NODE_EXTRA_CA_CERTS: lab.files.rootCa };
const pem = readFileSync(lab.files.inspectorCa, "utf8");
const root = new X509Certificate(pem);
const anchor = "/usr/local/share/ca-certificates/lab.crt";

/** This machine, with other certificates where operating systems keep theirs. */
function machine(files: Readonly<Record<string, string>>): System {
  const real = createSystem();
  const isOurs = (path: string): boolean => !/^\/(etc|usr|opt)\//.test(path);
  return {
    ...real,
    platform: "linux",
    readFile: (path) => {
      const text = files[path];
      if (text !== undefined) return Promise.resolve(Buffer.from(text));
      return isOurs(path) ? real.readFile(path) : Promise.reject(Object.assign(new Error("no"), { code: "ENOENT" }));
    },
    readDirectory: (path) =>
      Promise.resolve(
        Object.keys(files).flatMap((file) => (file.startsWith(`${path}/`) ? [file.slice(path.length + 1)] : [])),
      ),
  };
}

async function look(
  files: Readonly<Record<string, string>>,
  variables: Readonly<Record<string, string>> = inspected,
  stores?: readonly ("bundled" | "system")[],
): Promise<{ readonly report: Report; readonly target: TargetReport }> {
  const network = await openForDiagnosis({
    stores: stores ?? ["bundled"],
    source: { variables: { HOME: lab.directory, ...variables } },
    lookup: lab.lookup,
    system: machine(files),
  });
  const report = await diagnose(network, ["https://api.lab.test/"]);
  const [target] = report.targets;
  if (target === undefined) throw new Error("no target");
  return { report, target };
}

const pair = ({ chain, key }: Issued) => ({ cert: chain, key });

describe("a chain that does not hold", () => {
  it("is shown as it was sent, with the authority that is missing and was not found", async () => {
    const { target, report } = await look({});
    expect(target.chain?.certificates[0]).toMatchObject({ name: "api.lab.test", issuer: "Lab Inspector CA" });
    expect(target.chain?.missing).toEqual({ name: "Lab Inspector CA", place: null });
    expect(renderReport(report, plain)).toMatch(
      /the chain that was shown:\n {6}api\.lab\.test \(until \d{4}-\d\d-\d\d\)\n {8}└ Lab Inspector CA: not trusted here, and not found on this\n? *machine/,
    );
  });

  it("names the file in which its root lies, with the command that trusts it; after that all is well", async () => {
    const { target, report } = await look({ [anchor]: pem });
    expect(target.chain?.missing).toEqual({ name: "Lab Inspector CA", place: anchor });
    expect(report.faults).toMatchObject([
      {
        code: "TLS_INSPECTED",
        remedy: `"Lab Inspector CA", which signed it, lies in ${anchor}: run: sallyport trust add ${anchor} --fingerprint ${root.fingerprint256}`,
      },
    ]);
    const extra = { ...inspected, SALLYPORT_CA_CERTS: lab.files.inspectorCa };
    expect((await look({ [anchor]: pem }, extra)).report).toMatchObject({ ok: true, targets: [{ chain: null }] });
  });

  it("says so where the operating system's store has its root and the settings leave that out", async () => {
    const store = { "/etc/ssl/certs/ca-certificates.crt": pem };
    const { target, report } = await look(store, { ...inspected, SALLYPORT_CERT_STORE: "bundled" });
    expect(target.chain?.missing?.place).toBe("system");
    expect(report.faults[0]?.remedy).toBe(
      `"Lab Inspector CA", which signed it, is in the operating system's store, which the option stores leaves out: have that name bundled,system`,
    );
    expect((await look(store, inspected, ["bundled", "system"])).report.ok).toBe(true);
  });

  it("is not told of an authority that has the right name and did not sign it", async () => {
    const { certify, party, selfSigned } = await import("../base/testing/certificates.js");
    const other = selfSigned(party("Lab Inspector CA"));
    const below = certify({ subject: party("Lab Inspector CA"), issuer: party("Someone") });
    expect((await look({ [anchor]: other + below })).target.chain?.missing?.place).toBeNull();
  });

  it("lacks nothing where it fails for another reason", async () => {
    const network = await openForDiagnosis({
      stores: ["bundled"],
      source: { variables: { HOME: lab.directory, NODE_EXTRA_CA_CERTS: lab.files.rootCa } },
      lookup: (_host, _options, callback) => callback(null, [{ address: "127.0.0.1", family: 4 }]),
    });
    const report = await diagnose(network, [`https://other.lab.test:${lab.api.port}/`]);
    expect(report.targets[0]).toMatchObject({
      faults: [{ code: "TLS_NAME_MISMATCH" }],
      chain: { certificates: [{ name: "api.lab.test" }, {}, {}], missing: null },
    });
  });
});

describe("an inspector that nobody knows", () => {
  it("is told by its private root, where it signs for a host for which public authorities sign, and by comparison for others", async () => {
    const acme = await createAuthority({ name: "Acme Edge 7" });
    const own = await createAuthority({ name: "Acme Servers" });
    const issue = (issuer: Authority, host: string) =>
      issuer.issue({ commonName: host, hosts: [host], usage: "server" });
    await using known = await answering({ issuer: acme, tls: pair(await issue(acme, "api.anthropic.com")) });
    await using other = await answering({ issuer: acme, tls: pair(await issue(acme, "tickets.example")) });
    await using inside = await answering({ issuer: own, tls: pair(await issue(own, "wiki.acme.example")) });
    const network = await openForDiagnosis({
      stores: ["bundled"],
      source: { variables: { HOME: lab.directory } },
      lookup: (_host, _options, callback) => callback(null, [{ address: "127.0.0.1", family: 4 }]),
      system: machine({}),
    });
    const hosts = [
      `tickets.example:${other.port}`,
      `api.anthropic.com:${known.port}`,
      `wiki.acme.example:${inside.port}`,
    ];
    const { targets } = await diagnose(
      network,
      hosts.map((host) => `https://${host}/`),
    );
    expect(targets.map(({ faults }) => faults.map(({ code, message }) => `${code}: ${message}`))).toEqual([
      [
        `TLS_INSPECTED: the TLS to ${hosts[0] ?? ""} is inspected on the way: its certificate is issued by "Acme Edge 7", as is that of ${hosts[1] ?? ""}, and it is not trusted here`,
      ],
      [
        `TLS_INSPECTED: the TLS to ${hosts[1] ?? ""} is inspected on the way: its certificate is issued by "Acme Edge 7", which is not a public authority and is not trusted here`,
      ],
      [expect.stringMatching(/^TLS_UNTRUSTED_ISSUER: .*"Acme Servers"/)],
    ]);
    for (const { stages, faults } of targets) expect(stages.at(-1)?.detail).toBe(faults[0]?.message);
  });
});
