import { X509Certificate } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { memorySystem, type MemoryFile } from "../../test/support/memory-system.js";
import { createAuthority } from "../lab/ca.js";
import { resolvePolicy } from "../policy/index.js";
import { snapshotOf } from "../policy/testing/snapshot.js";
import type { Source, TrustSettings } from "../policy/types.js";
import { loadTrust } from "./index.js";

const corp = await createAuthority({
  name: "Corp Root",
  notBefore: new Date("2020-01-01"),
  notAfter: new Date("2040-01-01"),
});
const subjects = (pems: readonly string[]) => pems.map((pem) => new X509Certificate(pem).subject);

const policy = (variables: Record<string, string>): TrustSettings =>
  resolvePolicy(snapshotOf({ SALLYPORT_CERT_STORE: "bundled", ...variables })).trust;
const load = (settings: TrustSettings, files: Record<string, MemoryFile> = {}) =>
  loadTrust(settings, memorySystem({ files }));

describe("authorities that stand in the setting itself", () => {
  test("count as those of a file, whatever their line breaks", async () => {
    for (const text of [corp.cert, corp.cert.replaceAll("\n", "\\n"), corp.cert.replaceAll("\n", " ")]) {
      const bundle = await load(policy({ NODE_EXTRA_CA_CERTS: text }));
      expect(subjects(bundle.extra)).toEqual(["CN=Corp Root"]);
      expect(bundle.sources.at(-1)).toMatchObject({ name: "the PEM text in NODE_EXTRA_CA_CERTS", found: 1 });
    }
  });

  test("are named by it, and a key among them is shown by nothing", async () => {
    const bundle = await load(policy({ SSL_CERT_FILE: corp.key }));
    expect(bundle.faults.map(({ code, message }) => `${code} ${message}`)).toEqual([
      expect.stringMatching(/^CA_FILE_INVALID the PEM text in SSL_CERT_FILE, line \d: a private key, where/) as string,
    ]);
    expect(inspect(bundle, { depth: 9 })).not.toContain(corp.key.split("\n")[1]);
  });

  test("as base64 are refused with what to do", async () => {
    const text = Buffer.from(corp.cert).toString("base64");
    const bundle = await load(policy({ SSL_CERT_FILE: text }));
    expect(bundle.faults).toMatchObject([
      {
        code: "CA_FILE_INVALID",
        message: "SSL_CERT_FILE holds a PEM text as base64, but must be a path",
        remedy: expect.stringContaining("base64 -d") as string,
      },
    ]);
    expect(bundle.sources.at(-1)?.name).toBe("what SSL_CERT_FILE names");
  });
});

describe("a directory of authorities", () => {
  test.each([
    [{ kind: "variable", name: "SSL_CERT_DIR" } as const, "SSL_CERT_FILE"],
    [{ kind: "option", name: "caDirectories" } as const, "the option ca"],
    [
      { kind: "file", path: "/config.json", pointer: "/ca/directories/0", scope: "user" } as const,
      "/ca/files in /config.json",
    ],
  ])("that is a file is named as that, and where it belongs", async (source: Source, place) => {
    const settings = { ...policy({}), directories: [{ value: "/certs", source }] };
    const bundle = await load(settings, { "/certs": corp.cert });
    expect(bundle.warnings).toMatchObject([
      {
        code: "CA_FILE_UNREADABLE",
        message: expect.stringMatching(/: \/certs is a file, not a directory$/) as string,
        remedy: `name the file in ${place} instead`,
      },
    ]);
  });
});
