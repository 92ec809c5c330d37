import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { rootCertificates } from "node:tls";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { memorySystem, type MemoryFile } from "../../test/support/memory-system.js";
import * as der from "../base/der-write.js";
import { formatPem } from "../base/pem.js";
import { createAuthority, type Authority } from "../lab/ca.js";
import type { Setting, Source, TrustSettings } from "../policy/types.js";
import { loadTrust, type LoadTrustOptions } from "./index.js";

const store = "/etc/ssl/certs/ca-certificates.crt";
const variable = (name: string): Source => ({ kind: "variable", name });
const named = (name: string, value: string): Setting<string> => ({ value, source: variable(name) });
const fixture = (name: string): Promise<Buffer> =>
  readFile(fileURLToPath(new URL(`../../test/fixtures/pki/${name}`, import.meta.url)));

interface Given {
  readonly files?: Readonly<Record<string, MemoryFile>>;
  readonly settings?: Partial<TrustSettings>;
  readonly stores?: readonly ("bundled" | "system")[];
  readonly options?: LoadTrustOptions;
}

function load({ files = {}, settings = {}, stores = ["system"], options }: Given) {
  const merged: TrustSettings = {
    files: [],
    directories: [],
    stores: { value: stores, source: { kind: "default" } },
    ...settings,
  };
  return loadTrust(merged, memorySystem({ files: { [store]: "", ...files } }), options);
}

/** One CA file, named by NODE_EXTRA_CA_CERTS. */
const loadFile = (content: MemoryFile, more: Given = {}) =>
  load({
    ...more,
    files: { "/corp/ca.pem": content, ...more.files },
    settings: { files: [named("NODE_EXTRA_CA_CERTS", "/corp/ca.pem")] },
  });

const subjects = (pems: readonly string[]) => pems.map((pem) => new X509Certificate(pem).subject);

let corp: Authority;
let inspector: Authority;
let old: Authority;

beforeAll(async () => {
  const time = { notBefore: new Date("2020-01-01"), notAfter: new Date("2040-01-01") };
  [corp, inspector, old] = await Promise.all([
    createAuthority({ name: "Corp Root", ...time }),
    createAuthority({ name: "Corp Inspector", ...time }),
    createAuthority({
      name: "Old Root",
      notBefore: new Date("2010-01-01"),
      notAfter: new Date("2021-05-06T12:00:00Z"),
    }),
  ]);
});

describe("sources are merged", () => {
  test("bundled, system and file all count, each certificate once", async () => {
    const bundle = await loadFile(inspector.cert + corp.cert, {
      stores: ["bundled", "system"],
      files: { [store]: corp.cert + rootCertificates[0] },
    });
    expect(bundle.faults).toEqual([]);
    expect(bundle.warnings).toEqual([]);
    expect(bundle.certificates).toHaveLength(rootCertificates.length + 2);
    expect(bundle.sources).toEqual([
      { name: "bundled", found: rootCertificates.length, added: rootCertificates.length, expired: 0 },
      { name: "system", found: 2, added: 1, expired: 0 },
      { name: "/corp/ca.pem", found: 2, added: 1, expired: 0 },
    ]);
  });

  test("`extra` holds what Node does not bundle, wherever it came from", async () => {
    const bundle = await loadFile(inspector.cert + rootCertificates[1], {
      stores: ["bundled", "system"],
      files: { [store]: corp.cert },
    });
    expect(subjects(bundle.extra)).toEqual(["CN=Corp Root", "CN=Corp Inspector"]);
  });

  test("with system alone the bundled ones are left out, and a file may bring one back", async () => {
    const bundle = await loadFile(`${rootCertificates[0]}\n`, { files: { [store]: corp.cert } });
    expect(bundle.certificates).toHaveLength(2);
    expect(bundle.extra).toHaveLength(1);
  });

  test("with bundled alone the system store is not even read", async () => {
    const system = memorySystem();
    const bundle = await loadTrust(
      { files: [], directories: [], stores: { value: ["bundled"], source: { kind: "default" } } },
      system,
    );
    expect(bundle.certificates).toHaveLength(rootCertificates.length);
    expect(system.reads).toEqual([]);
  });

  test("line lengths and line ends do not make another certificate", async () => {
    const rewrapped = corp.cert.replace(/(?<=-----\n)[\s\S]+(?=\n-----END)/, (base64) =>
      (base64.replaceAll("\n", "").match(/.{1,76}/g) ?? []).join("\r\n"),
    );
    const bundle = await loadFile(rewrapped, { files: { [store]: corp.cert } });
    expect(bundle.certificates).toHaveLength(1);
  });

  test("the id names the set, whatever its order", async () => {
    const one = await loadFile(corp.cert + inspector.cert);
    const other = await loadFile(inspector.cert + corp.cert + corp.cert);
    const less = await loadFile(inspector.cert);
    expect(one.id).toMatch(/^[0-9a-f]{64}$/);
    expect(other.id).toBe(one.id);
    expect(less.id).not.toBe(one.id);
  });
});

describe("a bad CA file is named by its setting, path and line", () => {
  test.each([
    [
      "does not exist",
      { error: "ENOENT" },
      "CA_FILE_UNREADABLE",
      "NODE_EXTRA_CA_CERTS: /corp/ca.pem does not exist",
      "correct the path, or put the file there",
    ],
    [
      "may not be read",
      { error: "EACCES" },
      "CA_FILE_UNREADABLE",
      "NODE_EXTRA_CA_CERTS: /corp/ca.pem is not readable by this user",
      "let this user read it: check owner and mode of /corp/ca.pem and of the folders above it",
    ],
    [
      "is a directory",
      { error: "EISDIR" },
      "CA_FILE_UNREADABLE",
      "NODE_EXTRA_CA_CERTS: /corp/ca.pem is a directory",
      "name a file in it, or name the directory in SSL_CERT_DIR instead",
    ],
    [
      "is empty",
      "",
      "CA_FILE_INVALID",
      "NODE_EXTRA_CA_CERTS: /corp/ca.pem is empty",
      "put the authority's certificate there in PEM form: -----BEGIN CERTIFICATE----- and so on",
    ],
    [
      "is a web page",
      "<html><title>Sign in</title>",
      "CA_FILE_INVALID",
      "NODE_EXTRA_CA_CERTS: /corp/ca.pem is a web page, not PEM",
      "download the file itself: what was saved is a web page, perhaps a login form",
    ],
  ] as const)("it %s", async (_, content, code, message, remedy) => {
    const { faults, warnings } = await loadFile(content);
    expect(warnings).toEqual([]);
    expect(faults).toEqual([
      expect.objectContaining({ code, message, remedy, hop: "local", stage: "config", severity: "error" }),
    ]);
  });

  test("it is DER: the line that converts it is given", async () => {
    const { faults, certificates } = await loadFile(await fixture("alice.der"));
    expect(certificates).toEqual([]);
    expect(faults.map(String)).toEqual([
      "ConnectError: NODE_EXTRA_CA_CERTS: /corp/ca.pem holds a certificate in DER form, not PEM",
    ]);
    expect(faults[0]?.remedy).toBe(
      "run: sallyport cert convert /corp/ca.pem -o /corp/ca-converted.pem and name /corp/ca-converted.pem instead",
    );
  });

  test.each([
    { name: "root-der.p7b", says: "holds a PKCS#7 store in DER form", remedy: "sallyport cert convert" },
    { name: "modern.pfx", says: "holds a PKCS#12 store", remedy: "openssl pkcs12 -in /corp/ca.pem -nokeys -cacerts" },
    { name: "root.p7b", says: "line 1: a PKCS#7 store", remedy: "openssl pkcs7 -print_certs" },
    { name: "alice.key", says: "line 1: a private key", remedy: "name the authority's certificate" },
  ])("it is $name", async ({ name, says, remedy }) => {
    const { faults } = await loadFile(await fixture(name));
    expect(faults).toHaveLength(1);
    expect(faults[0]?.code).toBe("CA_FILE_INVALID");
    expect(faults[0]?.message).toContain(says);
    expect(faults[0]?.remedy).toContain(remedy);
  });

  test("blanks within the lines of base64 do no harm, as in other programs", async () => {
    const blanks = corp.cert.replaceAll(/^([A-Za-z0-9+/]{20})(.{2,})$/gm, "$1 $2");
    expect(blanks).not.toBe(corp.cert);
    const bundle = await loadFile(blanks);
    expect([...bundle.faults, ...bundle.warnings]).toEqual([]);
    expect(bundle.certificates).toEqual((await loadFile(corp.cert)).certificates);
  });

  describe("a TRUSTED CERTIFICATE is read", () => {
    const usages = (...oids: readonly string[]) => oids.map(der.oid);
    const servers = "1.3.6.1.5.5.7.3.1";
    const mail = "1.3.6.1.5.5.7.3.4";
    const any = "2.5.29.37.0";
    const withSettings = ({ cert }: Authority, ...settings: readonly Buffer[]): string =>
      formatPem(
        "TRUSTED CERTIFICATE",
        Buffer.concat([new X509Certificate(cert).raw, der.sequence(...settings)]).toString("base64"),
      );

    test("as OpenSSL writes it", async () => {
      const bundle = await loadFile(await fixture("root-trusted.pem"));
      expect([...bundle.faults, ...bundle.warnings]).toEqual([]);
      expect(bundle.certificates).toEqual([(await fixture("root.pem")).toString()]);
    });

    test.each([
      ["without settings", []],
      ["with a name alone", [der.utf8String("an alias")]],
      ["trusted for servers", [der.sequence(...usages(mail, servers))]],
      ["trusted for everything", [der.sequence(...usages(any))]],
      ["refused for mail", [der.tagged(0, ...usages(mail))]],
    ])("%s", async (_, settings) => {
      const file = withSettings(corp, ...settings);
      const inFile = await loadFile(file);
      expect([...inFile.faults, ...inFile.warnings]).toEqual([]);
      expect(subjects(inFile.certificates)).toEqual(["CN=Corp Root"]);
      const inStore = await load({ files: { [store]: file } });
      expect(inStore.certificates).toEqual(inFile.certificates);
      const directories = [named("SSL_CERT_DIR", "/certs")];
      const inDirectory = await load({ files: { "/certs/a.pem": file }, settings: { directories } });
      expect(inDirectory.certificates).toEqual(inFile.certificates);
    });

    test.each([
      ["trusted for mail alone", [der.sequence(...usages(mail))]],
      ["refused for servers", [der.tagged(0, ...usages(servers))]],
      ["refused for everything", [der.tagged(0, ...usages(any))]],
      ["trusted and refused for servers", [der.sequence(...usages(servers)), der.tagged(0, ...usages(servers))]],
      ["with a name, refused for servers", [der.tagged(0, ...usages(servers)), der.utf8String("an alias")]],
    ])("but never trusted against its own settings: %s", async (_, settings) => {
      const file = withSettings(corp, ...settings) + inspector.cert;
      const inFile = await loadFile(file);
      expect(subjects(inFile.certificates)).toEqual(["CN=Corp Inspector"]);
      expect(inFile.warnings.map(String)).toEqual([
        "ConnectError: NODE_EXTRA_CA_CERTS: /corp/ca.pem, line 1: a TRUSTED CERTIFICATE whose own settings do not trust it for TLS servers; the other certificate in it is used",
      ]);
      expect(subjects((await load({ files: { [store]: file } })).certificates)).toEqual(["CN=Corp Inspector"]);
      const directories = [named("SSL_CERT_DIR", "/certs")];
      const inDirectory = await load({ files: { "/certs/a.pem": file }, settings: { directories } });
      expect(subjects(inDirectory.certificates)).toEqual(["CN=Corp Inspector"]);
    });

    test("and one that is damaged is told as that", async () => {
      const whole = withSettings(corp);
      const { faults } = await loadFile(whole.replace(/\nM/, "\nA"));
      expect(faults[0]?.message).toContain("line 1: the certificate is damaged");
    });
  });

  test("UTF-16, as PowerShell's redirection writes it", async () => {
    const { faults } = await loadFile(Buffer.from(`\ufeff${corp.cert}`, "utf16le"));
    expect(faults[0]?.message).toBe(
      "NODE_EXTRA_CA_CERTS: /corp/ca.pem is written in UTF-16, which no TLS library reads",
    );
    expect(faults[0]?.remedy).toContain("sallyport cert convert");
  });

  test("two fused certificates: no other program reads either, so neither counts here", async () => {
    const { faults, certificates } = await loadFile(corp.cert.trimEnd() + inspector.cert);
    const line = corp.cert.trimEnd().split("\n").length;
    expect(certificates).toEqual([]);
    expect(faults.map(({ message }) => message)).toEqual([
      `NODE_EXTRA_CA_CERTS: /corp/ca.pem, line ${line}: an END and a BEGIN marker share one line; no certificate in it can be used`,
    ]);
    expect(faults[0]?.remedy).toBe(`put a line break between the END and the BEGIN marker on line ${line}`);
  });

  test("good certificates in a partly bad bundle still count, and the fault is a warning", async () => {
    const damaged = corp.cert.replace(/\n[A-Za-z0-9+/]{10}/, "\nAAAAAAAAAA");
    const { faults, warnings, certificates } = await loadFile(
      `${inspector.cert}${damaged}-----BEGIN CERTIFICATE-----\nMIIB\n`,
    );
    expect(faults).toEqual([]);
    expect(subjects(certificates)).toEqual(["CN=Corp Inspector"]);
    const line = inspector.cert.trimEnd().split("\n").length + 1;
    expect(warnings.map(({ code, message }) => [code, message])).toEqual([
      [
        "CA_FILE_INVALID",
        `NODE_EXTRA_CA_CERTS: /corp/ca.pem, line ${line}: the certificate is damaged (and 1 more such lines); the other certificate in it is used`,
      ],
    ]);
  });

  test("a private key beside certificates is a warning", async () => {
    const { faults, warnings, certificates } = await loadFile(corp.cert + corp.key);
    expect(faults).toEqual([]);
    expect(certificates).toHaveLength(1);
    expect(warnings[0]?.message).toContain("a private key");
    expect(JSON.stringify(warnings)).not.toContain(corp.key.split("\n")[1]);
  });

  test("a list of paths where one is expected is told as that", async () => {
    const path = "/corp/a.pem;/corp/b.pem";
    const { faults } = await load({ settings: { files: [named("SSL_CERT_FILE", path)] } });
    expect(faults[0]?.remedy).toBe("name a single file: this setting does not take a list of paths");
  });

  test("a setting from a config file is named by its place in it", async () => {
    const source: Source = { kind: "file", path: "/home/me/config.json", pointer: "/ca/files/0", scope: "user" };
    const { faults } = await load({ settings: { files: [{ value: "/nowhere.pem", source }] } });
    expect(faults[0]?.message).toBe("/ca/files/0 in /home/me/config.json: /nowhere.pem does not exist");
  });

  test("a path with a blank is quoted in the line to run", async () => {
    const files = { "/corp/my ca.der": await fixture("alice.der") };
    const { faults } = await load({ files, settings: { files: [named("SSL_CERT_FILE", "/corp/my ca.der")] } });
    expect(faults[0]?.remedy).toContain("'/corp/my ca.der' -o '/corp/my ca-converted.pem'");
  });
});

describe("expired authorities are left out", () => {
  test("one among good ones is a warning with its subject and date", async () => {
    const { certificates, faults, warnings, sources } = await loadFile(corp.cert + old.cert);
    expect(subjects(certificates)).toEqual(["CN=Corp Root"]);
    expect(faults).toEqual([]);
    const line = corp.cert.split("\n").length;
    expect(warnings.map(({ code, message }) => [code, message])).toEqual([
      ["CA_EXPIRED", `NODE_EXTRA_CA_CERTS: /corp/ca.pem: CN=Old Root (line ${line}) expired on 2021-05-06; left out`],
    ]);
    expect(sources.at(-1)).toEqual({ name: "/corp/ca.pem", found: 1, added: 1, expired: 1 });
  });

  test("a file with nothing else in it is an error", async () => {
    const { faults } = await loadFile(old.cert);
    expect(faults.map(({ code }) => code)).toEqual(["CA_EXPIRED"]);
  });

  test("those of the system store are counted and not complained of, nor a file that repeats them", async () => {
    const bundle = await loadFile(corp.cert + old.cert, { files: { [store]: inspector.cert + old.cert } });
    expect([...bundle.faults, ...bundle.warnings]).toEqual([]);
    expect(bundle.sources).toEqual([
      { name: "system", found: 1, added: 1, expired: 1 },
      { name: "/corp/ca.pem", found: 1, added: 1, expired: 1 },
    ]);
  });
});

describe("certificates that are not authorities", () => {
  test("a server's own certificate is a warning that says what it does not do", async () => {
    const { cert } = await corp.issue({ commonName: "host.corp", usage: "server", notAfter: new Date("2031-01-01") });
    const { warnings } = await loadFile(cert);
    expect(warnings.map(({ code, message }) => [code, message])).toEqual([
      [
        "CA_NOT_AN_AUTHORITY",
        "NODE_EXTRA_CA_CERTS: /corp/ca.pem, line 1: CN=host.corp is not an authority, so nothing it signed is trusted",
      ],
    ]);
  });

  test("a self-signed one may be trusted for itself", async () => {
    const { cert } = await corp.issue({
      commonName: "box.corp",
      usage: "server",
      selfSigned: true,
      notAfter: new Date("2031-01-01"),
    });
    const bundle = await loadFile(cert);
    expect([...bundle.faults, ...bundle.warnings]).toEqual([]);
    expect(bundle.certificates).toHaveLength(1);
  });
});

describe("directories", () => {
  const directories = [named("SSL_CERT_DIR", "/certs")];

  test("hashed names, .pem and .crt are read, and each certificate counts once", async () => {
    const files = {
      "/certs/0a1b2c3d.0": corp.cert,
      "/certs/corp.pem": corp.cert,
      "/certs/inspector.crt": inspector.cert,
      "/certs/README": "not read",
      "/certs/old.pem.bak": old.cert,
    };
    const bundle = await load({ files, settings: { directories } });
    expect(subjects(bundle.certificates)).toEqual(["CN=Corp Root", "CN=Corp Inspector"]);
    expect([...bundle.faults, ...bundle.warnings]).toEqual([]);
    expect(bundle.sources.at(-1)).toEqual({ name: "/certs", found: 2, added: 2, expired: 0 });
  });

  test("a missing one is a warning: OpenSSL passes it over", async () => {
    const bundle = await load({ settings: { directories } });
    expect(bundle.faults).toEqual([]);
    expect(bundle.warnings.map(({ code, message }) => [code, message])).toEqual([
      ["CA_FILE_UNREADABLE", "SSL_CERT_DIR: the directory /certs does not exist"],
    ]);
  });

  test("what is wrong in it is one warning of each kind, and the good ones count", async () => {
    const files = {
      "/certs/a.pem": { error: "EACCES" },
      "/certs/b.pem": { error: "EACCES" },
      "/certs/c.crt": await fixture("alice.der"),
      "/certs/d.pem": corp.cert,
      "/certs/e.pem": old.cert,
      "/certs/0a1b2c3d.0": "",
      "/certs/key.pem": corp.key,
    };
    const bundle = await load({ files, settings: { directories } });
    expect(subjects(bundle.certificates)).toEqual(["CN=Corp Root"]);
    expect(bundle.faults).toEqual([]);
    expect(bundle.warnings.map(({ message }) => message)).toEqual([
      "SSL_CERT_DIR: cannot be read in /certs: a.pem, b.pem",
      "SSL_CERT_DIR: without a whole PEM certificate in /certs: 0a1b2c3d.0, c.crt",
      "SSL_CERT_DIR: expired and left out, of /certs: CN=Old Root in e.pem",
    ]);
  });

  test("a link whose file went away is passed over", async () => {
    const bundle = await load({
      files: { "/certs/0a1b2c3d.0": { error: "ENOENT" }, "/certs/corp.pem": corp.cert },
      settings: { directories },
    });
    expect(bundle.warnings).toEqual([]);
    expect(bundle.certificates).toHaveLength(1);
  });
});

test("under strict a warning is an error", async () => {
  const bundle = await loadFile(corp.cert + old.cert, { options: { strict: true } });
  expect(bundle.warnings).toEqual([]);
  expect(bundle.faults.map(({ code, severity }) => [code, severity])).toEqual([["CA_EXPIRED", "error"]]);
});
