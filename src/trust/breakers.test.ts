import { X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { memorySystem, type MemoryFile } from "../../test/support/memory-system.js";
import { certify, party, selfSigned, type CertificateOptions } from "../base/testing/certificates.js";
import type { Source, TrustSettings } from "../policy/types.js";
import { findChainBreakers } from "./index.js";

const store = "/etc/ssl/certs/ca-certificates.crt";
const corp = "/corp/ca.pem";
const now = new Date();
const past = { notBefore: new Date("2015-01-01"), notAfter: new Date("2022-03-04") };

async function found(
  files: Readonly<Record<string, MemoryFile>>,
  source: Source = { kind: "variable", name: "SSL_CERT_FILE" },
) {
  const settings: TrustSettings = {
    files: [{ value: corp, source }],
    directories: [{ value: "/corp/certs", source: { kind: "variable", name: "SSL_CERT_DIR" } }],
    stores: { value: ["bundled", "system"], source: { kind: "default" } },
  };
  const system = memorySystem({ now, files: { [store]: "", [corp]: "", ...files } });
  return (await findChainBreakers(settings, system)).map(({ code, severity, hop, message, remedy }) => {
    expect({ code, severity, hop }).toEqual({ code: "CA_BREAKS_CHAINS", severity: "warning", hop: "local" });
    return { message, remedy };
  });
}

const printOf = (pem: string): string => new X509Certificate(pem).fingerprint256.slice(0, 23);
const root = party("Corp Root");

describe("authorities that break chain building", () => {
  test("a store of sound roots and intermediates has none", async () => {
    const issuing = certify({ subject: party("Corp Issuing"), issuer: root });
    expect(await found({ [corp]: selfSigned(root) + issuing, [store]: selfSigned(party("Other Root")) })).toEqual([]);
  });

  test("one that gives its own name as its issuer's, and was signed by another key, is named with its fingerprint and file", async () => {
    const pem = certify({ subject: root, issuer: party("Corp Root") });
    expect(await found({ [corp]: pem })).toEqual([
      {
        message:
          '"Corp Root" in /corp/ca.pem gives its own name as its issuer\'s, but its own key did not sign it: programs that take it for a root reject every chain that ends there',
        remedy: `take the certificate whose SHA-256 fingerprint begins with ${printOf(pem)} out of /corp/ca.pem; whoever runs that authority has the root of that name`,
      },
    ]);
  });

  test("in the operating system's store it is for those who put it there", async () => {
    const [one] = await found({ [store]: certify({ subject: root, issuer: party("Corp Root") }) });
    expect(one?.message).toMatch(/^"Corp Root" in the operating system's store gives its own name/);
    expect(one?.remedy).toMatch(
      /^have the certificate .* taken out of the operating system's store, by those who put it there/,
    );
  });

  test("one that the user has stored is taken out by the command that takes it out", async () => {
    const pem = certify({ subject: root, issuer: party("Corp Root") });
    const [one] = await found({ [corp]: pem }, { kind: "stored", name: "sallyport trust add" });
    expect(one?.remedy).toContain(`run: sallyport trust remove ${printOf(pem)};`);
  });

  test.each([
    ["two", ["Alpha", "Beta"]],
    ["three", ["Alpha", "Beta", "Gamma"]],
  ])(
    "%s cross-certificates that certify each other are told once, though they lie in several places",
    async (_, names) => {
      const parties = names.map(party);
      const pems = parties.map((subject, index) =>
        certify({ subject, issuer: parties[(index + 1) % parties.length] ?? subject }),
      );
      const [first = "", ...rest] = pems;
      const told = await found({ [corp]: first, "/corp/certs/a.pem": rest.join("") });
      expect(told).toHaveLength(1);
      for (const [index, name] of names.entries())
        expect(told[0]?.message).toContain(`"${name}" (SHA-256 ${printOf(pems[index] ?? "")}…, `);
      expect(told[0]?.message).toContain("certify each other in a loop");
    },
  );

  test("a cross-certificate that leads to a root is no loop", async () => {
    const [alpha, beta] = [party("Alpha"), party("Beta")];
    expect(await found({ [corp]: certify({ subject: alpha, issuer: beta }) + selfSigned(beta) })).toEqual([]);
  });

  test("names that only look like a loop, since other keys signed, are none", async () => {
    const [alpha, beta] = [party("Alpha"), party("Beta")];
    const pems = [
      certify({ subject: alpha, issuer: party("Beta"), identifiers: false }),
      certify({ subject: beta, issuer: party("Alpha"), identifiers: false }),
    ];
    expect(await found({ [corp]: pems.join("") })).toEqual([]);
  });

  test("an expired root beside its successor, with the same key or another one", async () => {
    for (const successor of [root, party("Corp Root")]) {
      const told = await found({ [corp]: selfSigned(root, past), [store]: selfSigned(successor) });
      expect(told).toHaveLength(1);
      expect(told[0]?.message).toMatch(
        /^"Corp Root" in \/corp\/ca\.pem expired on 2022-03-04, and its successor \(valid until .*\) in the operating system's store has the same name/,
      );
      expect(told[0]?.remedy).toMatch(/^take the certificate .* out of \/corp\/ca\.pem$/);
    }
  });

  test("an expired root without a successor is none of these: loading tells of it", async () => {
    expect(await found({ [corp]: selfSigned(root, past) })).toEqual([]);
  });

  const without: Partial<CertificateOptions> = { identifiers: false };

  test("two roots of one name with two keys, which no identifier tells apart; the older one is to go", async () => {
    const older = selfSigned(root, { ...without, notBefore: new Date("2020-01-01") });
    const newer = selfSigned(party("Corp Root"), without);
    for (const pems of [older + newer, newer + older]) {
      const told = await found({ [corp]: pems });
      expect(told).toHaveLength(1);
      expect(told[0]?.message).toContain('two roots named "Corp Root" have different keys');
      expect(told[0]?.remedy).toContain(`begins with ${printOf(older)} out of /corp/ca.pem (the older one)`);
    }
  });

  test("two roots of one name whose identifiers tell them apart do no harm", async () => {
    expect(await found({ [corp]: selfSigned(root) + selfSigned(party("Corp Root")) })).toEqual([]);
  });

  test("files that are missing, damaged or full of something else say nothing here", async () => {
    const junk = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    expect(await found({ [corp]: junk, "/corp/certs/a.pem": { error: "EACCES" }, [store]: "no PEM" })).toEqual([]);
  });
});
