import { createPrivateKey, generateKeyPairSync, randomBytes, X509Certificate } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { certify, party, pkcs8, selfSigned } from "../../src/base/testing/certificates.js";
import { labVariables } from "../../src/lab/index.js";
import { ownFolder } from "../support/own-folder.js";
import { standardLab } from "../support/standard-lab.js";
import { run, type Ran } from "./support/run.js";
import { schemas } from "./support/schemas.js";

const lab = await standardLab();
const folder = ownFolder("cert");

const file = (name: string, content: string | Buffer): string => {
  const path = join(folder, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
};

const root = party("Corp Root CA");
const server = party("api.corp.example");
const rootPem = selfSigned(root);
const leafPem = certify({ subject: server, issuer: root, host: "api.corp.example" });
const leafDer = new X509Certificate(leafPem).raw;
const keyPem = pkcs8(server);
const pki = join(import.meta.dirname, "../fixtures/pki");

const inspect = async (path: string, ...more: string[]): Promise<Ran> => run(["cert", "inspect", path, ...more]);
const seen = async (path: string, ...more: string[]) => {
  const { stdout, exit } = await inspect(path, "--json", ...more);
  expect(exit).toBe(0);
  return schemas["cert-inspect"].parse(JSON.parse(stdout));
};

describe("sallyport cert inspect FILE", () => {
  it("draws the chain, and tells of each certificate what it is for, how long it lives, and whose the key is", async () => {
    const { stdout, stderr, exit } = await inspect(file("all.pem", leafPem + rootPem + keyPem));
    expect({ stderr, exit }).toEqual({ stderr: "", exit: 0 });
    expect(stdout.split("\n").slice(2, 4)).toEqual([
      expect.stringMatching(/^ {2}\[2\] Corp Root CA +root, until \d{4}-\d\d-\d\d$/),
      expect.stringMatching(/^ {2}└─ \[1\] api\.corp\.example +until \d{4}-\d\d-\d\d$/),
    ]);
    expect(stdout).toContain("names     api.corp.example");
    expect(stdout).toMatch(/validity {2}█{3}░{27} 9 % used, 299 days left/);
    expect(stdout).toContain("private key EC P-256, not encrypted, line");
    expect(stdout).toContain(": belongs to [1]");
    const sha256 = new X509Certificate(leafPem).fingerprint256.slice(0, 59);
    expect(stdout).toContain(`SHA-256   ${sha256}`);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it("reads every form in which people have them, and says what is odd about it", async () => {
    const wide = Buffer.from(`\ufeff${leafPem}`, "utf16le");
    const forms: readonly (readonly [content: string | Buffer, note: RegExp])[] = [
      [leafPem.replaceAll("\n", "\r\n"), /^$/],
      [`\ufeff${leafPem}`, /byte order mark/],
      [wide, /UTF-16/],
      [wide.subarray(2), /UTF-16/],
      [Buffer.from(wide).swap16(), /UTF-16/],
      [`Bag Attributes\n    localKeyID: 01\nsubject=CN = x\n\n${leafPem}`, /^$/],
      [`some words\n${leafPem}more words\n`, /^$/],
      [`${leafPem.trimEnd()}${rootPem}`, /END and a BEGIN marker share one line/],
      [leafPem.replaceAll("\n", "\\n"), /line breaks are written as/],
      [leafPem.trimEnd().replaceAll("\n", " "), /one line/],
      [leafDer, /^$/],
      [leafDer.toString("base64"), /base64 without BEGIN and END/],
      [Buffer.from(leafPem).toString("base64"), /base64 without BEGIN and END/],
    ];
    for (const [index, [content, note]] of forms.entries()) {
      const { certificates, notes } = await seen(file(`form-${index}.pem`, content));
      expect({ index, names: certificates[0]?.names }).toEqual({ index, names: ["api.corp.example"] });
      expect(notes.join("\n")).toMatch(note);
    }
  });

  it("says of a chain in the wrong order that it is, and of none else", async () => {
    expect((await seen(file("order.pem", rootPem + leafPem))).notes.join()).toMatch(/wrong order/);
    expect((await seen(file("order-ok.pem", leafPem + rootPem))).notes).toEqual([]);
  });

  it("opens PKCS#12, PKCS#7 and keys of every kind with the passphrase that is given", async () => {
    const ed = generateKeyPairSync("ed25519").privateKey;
    const pss = generateKeyPairSync("rsa-pss", { modulusLength: 2048 }).privateKey;
    const locked = createPrivateKey(keyPem).export({
      type: "pkcs8",
      format: "pem",
      cipher: "aes-256-cbc",
      passphrase: "word",
    });
    const keys = [
      `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${createPrivateKey(keyPem).export({ type: "sec1", format: "pem" }).toString()}`,
      ed.export({ type: "pkcs8", format: "pem" }),
      pss.export({ type: "pkcs8", format: "pem" }),
      locked,
    ].join("");
    const word = file("word", "word\n");
    const opened = await seen(file("keys.pem", leafPem + keys), "--passphrase-file", word);
    expect(opened.notes).toEqual([]);
    expect(opened.keys.map(({ kind, belongsTo, encrypted }) => [kind, belongsTo, encrypted])).toEqual([
      ["EC P-256", 0, false],
      ["Ed25519", null, false],
      ["RSA-PSS 2048", null, false],
      ["EC P-256", 0, true],
    ]);
    const closed = await seen(file("keys.pem", leafPem + keys));
    expect(closed.keys.at(-1)?.why).toContain("--passphrase-file");
    const horse = file("horse", "correct-horse\n");
    const stored: string[] = [];
    for (const name of [
      "modern.pfx",
      "triple-des.pfx",
      "plain-bags.pfx",
      "root-der.p7b",
      "root.p7b",
      "alice-scrypt.key",
      "alice.der",
      "alice-key.der",
    ]) {
      const { format, certificates, keys: found } = await seen(join(pki, name), "--passphrase-file", horse);
      stored.push(
        `${name}: ${format} ${certificates.map((one) => one.name).join("+")} ${found.map(({ kind }) => kind).join("+")}`.trim(),
      );
    }
    expect(stored).toEqual([
      "modern.pfx: PKCS#12 alice+Fixture Root EC P-256",
      "triple-des.pfx: PKCS#12 alice+Fixture Root EC P-256",
      "plain-bags.pfx: PKCS#12 alice+Fixture Root EC P-256",
      "root-der.p7b: PKCS#7 Fixture Root",
      "root.p7b: PEM Fixture Root",
      "alice-scrypt.key: PEM  EC P-256",
      "alice.der: DER alice",
      "alice-key.der: DER  EC P-256",
    ]);
    expect((await inspect(join(pki, "modern.pfx"))).stderr).toMatch(/protected by a password.*KEY_PASSPHRASE_MISSING/);
    expect((await inspect(join(pki, "modern.pfx"), "--passphrase-file", word)).stderr).toContain(
      "[PFX_PASSWORD_WRONG]",
    );
    const elsewhere = await seen(file("leaf.pem", leafPem), "--key", file("key.pem", keyPem));
    expect(elsewhere.keys[0]?.belongsTo).toBe(0);
    const other = await inspect(file("root.pem", rootPem), "--key", file("key.pem", keyPem));
    expect(other.stdout).toContain("belongs to no certificate here");
  });

  it("shows nothing that a certificate's names hold as an escape sequence, and warns of letters that imitate others", async () => {
    const evil = party("\u001b[2J\u001b]0;owned\u0007Corp\u202eAC\nfake line");
    const { stdout } = await inspect(file("evil.pem", selfSigned(evil)));
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(stdout).toContain("Corp");
    // A certificate whose date is none, as a fuzzer would have it: damaged, and no defect of ours.
    const undated = Buffer.from(leafDer);
    undated.write("99", undated.indexOf(Buffer.from([0x17, 13])) + 4);
    expect((await inspect(file("undated.der", undated))).stderr).toContain("[CERT_FILE_INVALID]");
    const imitation = await seen(file("imitation.pem", selfSigned(party("D\u0456giCert Root"))));
    expect(imitation.certificates[0]?.remarks.join()).toMatch(/imitate/);
  });

  it("names what is none: keystores of Java, web pages, requests, stores without their password, what is too large or missing", async () => {
    const cases: readonly (readonly [content: string | Buffer, code: string, text: RegExp])[] = [
      [Buffer.from("feedfeed00000002000000010000", "hex"), "CERT_FILE_INVALID", /Java keystore/],
      ["<!doctype html><html><body>log in</body></html>", "CERT_FILE_INVALID", /web page/],
      [
        "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n",
        "CERT_FILE_INVALID",
        /CERTIFICATE REQUEST/,
      ],
      ["", "CERT_FILE_INVALID", /is empty/],
      [randomBytes(200), "CERT_FILE_INVALID", /holds/],
      [Buffer.alloc(17 * 1024 * 1024, "a"), "CERT_FILE_INVALID", /larger than 16 MB/],
    ];
    for (const [index, [content, code, text]] of cases.entries()) {
      const { exit, stderr } = await inspect(file(`none-${index}`, content));
      expect({ index, exit, stderr }).toEqual({ index, exit: 2, stderr: expect.stringMatching(text) });
      expect(stderr).toContain(`[${code}]`);
    }
    expect((await inspect(join(folder, "nothing.pem"))).stderr).toMatch(/does not exist.*CERT_FILE_UNREADABLE/);
    expect((await run(["cert", "inspect"])).exit).toBe(2);
    expect((await run(["cert", "inspect", "http://api.example/"])).stderr).toMatch(/no certificate/);
  });
});

describe("sallyport cert check", () => {
  const day = 86_400_000;
  const aged = (name: string, used: number): string =>
    file(
      name,
      certify({
        subject: server,
        issuer: root,
        host: "api.corp.example",
        notBefore: new Date(Date.now() - used * day),
        notAfter: new Date(Date.now() + (100 - used) * day),
      }) + rootPem,
    );

  it("has the exit codes of step's needs-renewal: 0 due, 1 not due, 2 no such file, 255 not to be looked at", async () => {
    const [young, old, over] = [aged("young.pem", 60), aged("old.pem", 70), aged("over.pem", 101)];
    expect(await run(["cert", "check", young])).toMatchObject({
      exit: 1,
      stdout: expect.stringMatching(/^no renewal needed: .*60 % used, 39 days left\n$/),
    });
    expect(await run(["cert", "check", young, old])).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining("needs renewal: api.corp.example"),
    });
    expect((await run(["cert", "check", "--max-used", "75%", old])).exit).toBe(1);
    expect((await run(["cert", "check", "--max-used", "100", over])).exit).toBe(0);
    expect((await run(["cert", "check", join(folder, "nothing.pem"), old])).exit).toBe(2);
    expect((await run(["cert", "check", file("text.pem", "text")])).exit).toBe(255);
    expect((await run(["cert", "check", "https://nowhere.lab.test/"])).exit).toBe(255);
    for (const wrong of ["0", "101", "a lot", "-5"])
      expect((await run(["cert", "check", `--max-used=${wrong}`, old])).exit).toBe(2);
    const { stdout } = await run(["cert", "check", "--json", young, old]);
    const told = schemas["cert-check"].parse(JSON.parse(stdout));
    expect(told.checked.map(({ needsRenewal }) => needsRenewal)).toEqual([false, true]);
  });

  it("takes a host's own certificate, by the route of programs", async () => {
    const { exit, stdout } = await run(["cert", "check", "api.lab.test"], {
      variables: labVariables(lab, lab.basic),
      lookup: lab.lookup,
    });
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: expect.stringContaining("api.lab.test") });
  });
});

describe("sallyport cert convert", () => {
  const horse = file("horse", "correct-horse\n");
  const convert = (name: string, ...more: string[]): Promise<Ran> => run(["cert", "convert", name, ...more]);

  it("makes PEM of a PKCS#12 store of the last century (RC2, RC4), and of such a key, as of one of today", async () => {
    for (const name of ["rc2.pfx", "rc2-128.pfx", "rc4-40.pfx", "rc4-128.pfx", "modern.pfx"]) {
      const out = join(folder, `${name}.pem`);
      const { exit, stdout } = await convert(join(pki, name), "--passphrase-file", horse, "-o", out);
      expect({ exit, stdout }).toEqual({ exit: 0, stdout: `${out}: 2 certificates, 1 key (encrypted)\n` });
      expect(process.platform === "win32" ? 0o600 : statSync(out).mode & 0o777).toBe(0o600);
      const key = createPrivateKey({
        key: readFileSync(out, "utf8").split(/(?=-----BEGIN ENC)/)[1] ?? "",
        passphrase: "correct-horse",
      });
      expect(new X509Certificate(readFileSync(out)).checkPrivateKey(key)).toBe(true);
    }
    const alice = new X509Certificate(readFileSync(join(pki, "alice.pem")));
    for (const name of ["alice-rc2.key", "alice-rc4.key"]) {
      const open = join(folder, `${name}.open`);
      await convert(join(pki, name), "--passphrase-file", horse, "--no-encrypt", "-o", open);
      expect(alice.checkPrivateKey(createPrivateKey(readFileSync(open)))).toBe(true);
    }
  });

  it("says in which cipher a store is that it does not read", async () => {
    const { exit, stderr } = await convert(join(pki, "md5-des.pfx"), "--passphrase-file", horse);
    expect(exit).toBe(2);
    expect(stderr).toContain("md5-des.pfx is encrypted with MD5 and DES, which is not read here [PFX_LEGACY_CIPHER]");
  });

  it("puts fused, wide and disordered PEM right, each certificate once and the server's first", async () => {
    const right = `${leafPem}${rootPem}`;
    for (const [index, content] of [
      `${rootPem}${leafPem}${rootPem}`,
      `${leafPem.trimEnd()}${rootPem}`,
      Buffer.from(`\ufeff${right}`, "utf16le"),
    ].entries()) {
      const { stdout, stderr } = await convert(file(`ill-${index}.pem`, content));
      expect({ index, stdout, stderr }).toEqual({ index, stdout: right, stderr: "" });
    }
  });

  it("prints no key, writes over nothing, and says what it had to leave out", async () => {
    const both = file("both.pem", `${leafPem}${keyPem}-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n`);
    const { stdout, stderr } = await convert(both);
    expect(stdout).toBe(leafPem);
    expect(stderr).toContain("left out: line");
    expect(stderr).toContain("private key is left out");
    const there = file("there.pem", "precious");
    expect(await convert(both, "-o", there)).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("not written over"),
    });
    expect(readFileSync(there, "utf8")).toBe("precious");
    expect((await convert(join(pki, "alice-pkcs8-encrypted.key"), "-o", join(folder, "no.pem"))).stderr).toContain(
      "--passphrase-file",
    );
    const json = schemas["cert-convert"].parse(JSON.parse((await convert(both, "--json")).stdout));
    expect(json).toMatchObject({ keys: 0, pem: leafPem });
  });
});

describe("sallyport cert inspect HOST", () => {
  const variables = labVariables(lab, lab.basic);

  it("shows what a host shows, by the route of programs and without a word to it, and says that it is trusted", async () => {
    const ran = await run(["cert", "inspect", "api.lab.test", "--json"], { variables, lookup: lab.lookup });
    const { certificates, fault, route } = schemas["cert-inspect"].parse(JSON.parse(ran.stdout));
    expect(fault).toBeNull();
    expect(route).toContain("HTTPS_PROXY");
    expect(certificates.map(({ name, trusted }) => [name, trusted])).toEqual([
      ["api.lab.test", false],
      ["Lab Intermediate CA", false],
      ["Lab Root CA", true],
    ]);
    expect(lab.log.events.filter(({ kind }) => kind === "request")).toEqual([]);
  });

  it("looks at an untrusted chain all the same, shows no client certificate, and tells the fault", async () => {
    const untrusting = { ...variables, NODE_EXTRA_CA_CERTS: lab.files.otherCa };
    const ran = await run(["cert", "inspect", "https://mtls.lab.test/", "--json"], {
      variables: untrusting,
      lookup: lab.lookup,
    });
    const { certificates, fault } = schemas["cert-inspect"].parse(JSON.parse(ran.stdout));
    expect(certificates.map(({ name }) => name)).toEqual(["mtls.lab.test", "Lab Intermediate CA"]);
    expect(fault).toMatchObject({ code: "TLS_UNTRUSTED_ISSUER" });
    const text = await run(["cert", "inspect", "mtls.lab.test:443"], { variables: untrusting, lookup: lab.lookup });
    expect(text.stdout).toContain("(Lab Root CA, which is not here)");
    expect(text.stdout).toContain("warning:");
    expect(lab.log.of("mtls.lab.test", "tls").flatMap(({ peer }) => peer ?? [])).toEqual([]);
  });

  it("gives up on a host that is silent or sends a certificate list without end", async () => {
    const flood = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => {
        // A record of the handshake that announces 16 MB, and then more than that.
        const head = Buffer.from([0x16, 3, 3, 0x40, 0, 0x0b, 0xff, 0xff, 0xff]);
        socket.write(Buffer.concat([head, Buffer.alloc(0x4000 - 4)]));
        socket.write(Buffer.alloc(20 * 1024 * 1024, Buffer.from([0x16, 3, 3, 0x40, 0])));
      });
    });
    await new Promise<void>((done) => flood.listen(0, "127.0.0.1", done));
    const { port } = flood.address() as AddressInfo;
    const { exit, stderr } = await run(["cert", "inspect", `127.0.0.1:${port}`]);
    expect({ exit, stderr }).toEqual({ exit: 1, stderr: expect.stringMatching(/\[TLS_/) });
    flood.close();
    connect(port)
      .on("error", () => undefined)
      .destroy();
  });
});
