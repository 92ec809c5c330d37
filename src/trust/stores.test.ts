import { createHash, X509Certificate } from "node:crypto";
import * as tls from "node:tls";
import { beforeAll, describe, expect, test } from "vitest";
import { memorySystem, type MemorySystemOptions } from "../../test/support/memory-system.js";
import type { RunOptions } from "../base/system.js";
import { createAuthority, type Authority } from "../lab/ca.js";
import type { Source, TrustSettings } from "../policy/types.js";
import { loadTrust } from "./index.js";
import { bundleFiles } from "./store-linux.js";
import { parseTrustSettings } from "./store-macos.js";
import { powerShellScript, readNodeStore } from "./store-windows.js";

const settings = (source: Source = { kind: "default" }): TrustSettings => ({
  files: [],
  directories: [],
  stores: { value: ["system"], source },
});
const loadStore = (options: MemorySystemOptions) => loadTrust(settings(), memorySystem(options));
const subjects = (pems: readonly string[]) => pems.map((pem) => new X509Certificate(pem).subject);
const sha1 = (pem: string) => createHash("sha1").update(new X509Certificate(pem).raw).digest("hex").toUpperCase();

let root: Authority;
let corp: Authority;
let other: Authority;
beforeAll(async () => {
  const time = { notBefore: new Date("2020-01-01"), notAfter: new Date("2040-01-01") };
  [root, corp, other] = (await Promise.all(
    ["Vendor Root", "Corp Root", "Stray Root"].map((name) => createAuthority({ name, ...time })),
  )) as [Authority, Authority, Authority];
});

describe("Linux", () => {
  test("the first bundle file that can be read is the store", async () => {
    const bundle = await loadStore({
      files: { [bundleFiles[0]]: { error: "EACCES" }, [bundleFiles[2]]: corp.cert, [bundleFiles[5]]: other.cert },
    });
    expect(subjects(bundle.certificates)).toEqual(["CN=Corp Root"]);
    expect(bundle.warnings).toEqual([]);
  });

  test("a machine without any is a warning that says what to set", async () => {
    const bundle = await loadStore({});
    expect(bundle.faults).toEqual([]);
    expect(bundle.warnings).toHaveLength(1);
    expect(bundle.warnings[0]).toMatchObject({
      code: "CA_FILE_UNREADABLE",
      severity: "warning",
      hop: "local",
      message: "the operating system's certificate store cannot be read: none of the known bundle files can be read",
      remedy:
        "name a PEM file with the authorities of your network in SALLYPORT_CA_CERTS; SALLYPORT_CERT_STORE=bundled then ignores the store",
    });
  });

  test("where the store was asked for, the warning names the setting, and the program's own prefix", async () => {
    const { warnings } = await loadTrust(settings({ kind: "variable", name: "MYTOOL_CERT_STORE" }), memorySystem(), {
      prefix: "MYTOOL",
    });
    expect(warnings[0]?.message).toMatch(/^MYTOOL_CERT_STORE: the operating system's/);
    expect(warnings[0]?.remedy).toContain("MYTOOL_CA_CERTS");
  });
});

describe("macOS", () => {
  const plist = (entries: string) =>
    `<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0">\n<dict>\n\t<key>trustList</key>\n\t<dict>\n${entries}\t</dict>\n\t<key>trustVersion</key>\n\t<integer>1</integer>\n</dict>\n</plist>\n`;
  const entry = (hash: string, constraints?: string) =>
    `\t\t<key>${hash}</key>\n\t\t<dict>\n\t\t\t<key>issuerName</key>\n\t\t\t<data>\n\t\t\tMBwxGjAYBgNVBAMM\n\t\t\t</data>\n\t\t\t<key>modDate</key>\n\t\t\t<date>2026-03-01T10:00:00Z</date>\n${constraints === undefined ? "" : `\t\t\t<key>trustSettings</key>\n\t\t\t${constraints}\n`}\t\t</dict>\n`;
  const constraint = (result: number | undefined, policy?: string, extra = "") =>
    `<dict>${policy === undefined ? "" : `<key>kSecTrustSettingsPolicy</key>\n<data>\n${policy}\n</data><key>kSecTrustSettingsPolicyName</key><string>x</string>`}${extra}${result === undefined ? "" : `<key>kSecTrustSettingsResult</key>\n<integer>${result}</integer>`}</dict>`;
  const tlsPolicy = "KoZIhvdjZAED";
  const mailPolicy = "KoZIhvdjZAEI";
  const hash = (letter: string) => letter.repeat(40);

  test.each([
    ["no constraints at all", undefined, "trusted"],
    ["an empty list", "<array/>", "trusted"],
    ["trust for TLS", `<array>${constraint(1, tlsPolicy)}</array>`, "trusted"],
    ["a policy without a result", `<array>${constraint(undefined, tlsPolicy)}</array>`, "trusted"],
    ["trust as root for all policies", `<array>${constraint(2)}</array>`, "trusted"],
    ["denial", `<array>${constraint(1, mailPolicy)}${constraint(3, tlsPolicy)}</array>`, "denied"],
    ["trust for mail alone", `<array>${constraint(1, mailPolicy)}${constraint(4, tlsPolicy)}</array>`, "unspecified"],
    [
      "trust for one host alone",
      `<array>${constraint(1, tlsPolicy, "<key>kSecTrustSettingsPolicyString</key><string>a.test</string>")}</array>`,
      "unspecified",
    ],
  ])("a trust setting with %s", (_, constraints, verdict) => {
    const verdicts = parseTrustSettings(
      plist(entry(hash("A"), constraints) + entry(hash("B"), `<array>${constraint(3)}</array>`)),
    );
    expect([...verdicts]).toEqual([
      [hash("A"), verdict],
      [hash("B"), "denied"],
    ]);
  });

  /** `security` as it is: the roots' keychain, the system's, the user's, and the two exports. */
  const security = (answers: { own?: string; user?: string; admin?: string; roots?: string | Error }) => {
    const calls: string[] = [];
    const run = async (command: string | readonly string[], options: RunOptions): Promise<string> => {
      const line = typeof command === "string" ? command : command.join(" ");
      calls.push(line);
      expect(options.timeout).toBeGreaterThan(0);
      if (line.includes("trust-settings-export -d")) return answers.admin ?? "";
      if (line.includes("trust-settings-export")) return answers.user ?? "";
      if (line.includes("SystemRootCertificates")) {
        if (answers.roots instanceof Error) throw answers.roots;
        return answers.roots ?? root.cert;
      }
      if (line.includes("System.keychain"))
        throw new Error("the command exited with status 44; run it by hand to see why");
      return answers.own ?? "";
    };
    return { run, calls };
  };

  test("Apple's roots count, and of other keychains what a setting trusts", async () => {
    const { run, calls } = security({ own: corp.cert + other.cert, admin: plist(entry(sha1(corp.cert))) });
    const bundle = await loadStore({ platform: "darwin", run });
    expect(bundle.warnings).toEqual([]);
    expect(subjects(bundle.certificates)).toEqual(["CN=Vendor Root", "CN=Corp Root"]);
    for (const call of calls) expect(call).toMatch(/^\/(?:usr\/bin\/security|bin\/sh) /);
  });

  test("a root that the user denied is left out", async () => {
    const { run } = security({
      own: corp.cert,
      admin: plist(entry(sha1(corp.cert))),
      user: plist(entry(sha1(root.cert), `<array>${constraint(3)}</array>`)),
    });
    expect(subjects((await loadStore({ platform: "darwin", run })).certificates)).toEqual(["CN=Corp Root"]);
  });

  test("a tool that is stuck is a warning that says how long it was waited for", async () => {
    const { run } = security({ roots: new Error("the command did not end within 10000 ms and was stopped") });
    const { warnings, certificates } = await loadStore({ platform: "darwin", run });
    expect(certificates).toEqual([]);
    expect(warnings[0]?.message).toContain("did not end within 10000 ms");
  });

  test("the store is read once a process, and again after a failure", async () => {
    const { run, calls } = security({});
    const system = memorySystem({ platform: "darwin", run });
    await Promise.all([loadTrust(settings(), system), loadTrust(settings(), system)]);
    const first = calls.length;
    await loadTrust(settings(), { ...system });
    expect(calls).toHaveLength(first);
    await loadTrust(settings(), { ...system, monotonic: () => performance.now() + 3_600_000 });
    expect(calls.length).toBe(2 * first);

    let broken = true;
    const flaky = memorySystem({
      platform: "darwin",
      run: async (...given) => (broken ? Promise.reject(new Error("busy")) : run(...given)),
    });
    expect((await loadTrust(settings(), flaky)).warnings).toHaveLength(1);
    broken = false;
    expect((await loadTrust(settings(), flaky)).warnings).toEqual([]);
  });
});

describe("Windows", () => {
  const native = "getCACertificates" in tls;

  test.skipIf(native)("on a Node that cannot ask by itself, PowerShell is asked, by its full path", async () => {
    const asked: (string | readonly string[])[] = [];
    const run = async (command: string | readonly string[]) => {
      asked.push(command);
      return (corp.cert + other.cert).replaceAll("\n", "\r\n");
    };
    const bundle = await loadStore({ platform: "win32", run });
    expect(subjects(bundle.certificates)).toEqual(["CN=Corp Root", "CN=Stray Root"]);
    expect(asked).toEqual([
      [
        "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe",
        "-NoProfile",
        "-NonInteractive",
        "-Command",
        powerShellScript,
      ],
    ]);
  });

  test("the script has no double quotes, which every shell escapes in its own way", () => {
    expect(powerShellScript).not.toContain('"');
  });

  test.runIf(native)("Node's own answer comes from a worker", async () => {
    expect(await readNodeStore(20_000)).toEqual(expect.any(String));
  });

  test.runIf(native)("a worker that takes too long is given up", async () => {
    await expect(readNodeStore(0)).rejects.toThrow("Node did not read the store within 0 ms");
  });
});
