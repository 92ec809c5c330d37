import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { formatPem, pemToBase64, readPem } from "./pem.js";

const fixture = (name: string): Promise<Buffer> =>
  readFile(fileURLToPath(new URL(`../../test/fixtures/pki/${name}`, import.meta.url)));
const block = (label: string, base64 = "TUlJQg=="): string =>
  `-----BEGIN ${label}-----\n${base64}\n-----END ${label}-----\n`;
const read = (text: string) => readPem(Buffer.from(text));
const kindOf = (bytes: Buffer): string => {
  const file = readPem(bytes);
  return file.kind === "der" ? file.der : file.kind;
};

describe("PEM that is accepted", () => {
  test("blocks are found with label, line and base64 without white space", () => {
    const file = read(`${block("CERTIFICATE", "QUJD\nREVG")}${block("PRIVATE KEY")}`);
    expect(file.problems).toEqual([]);
    expect(file.blocks).toEqual([
      { label: "CERTIFICATE", line: 1, headers: [], base64: "QUJDREVG" },
      { label: "PRIVATE KEY", line: 5, headers: [], base64: "TUlJQg==" },
    ]);
  });

  test("a text of nothing but blocks says the same as one with a word between them", async () => {
    const { rootCertificates } = await import("node:tls");
    const clean = rootCertificates.slice(0, 20).join("\n\n");
    const counted = (text: string) => read(text).blocks.map(({ label, line, base64 }) => ({ label, line, base64 }));
    expect(counted(`${clean}\nword\n`)).toEqual(counted(clean));
    expect(counted(clean)).toHaveLength(20);
    expect(counted(clean)[1]?.line).toBe(clean.slice(0, clean.indexOf("-----BEGIN", 9)).split("\n").length);
  });

  test.each([
    ["CR LF line ends", block("CERTIFICATE").replaceAll("\n", "\r\n")],
    ["a byte order mark", `\ufeff${block("CERTIFICATE")}`],
    ["indentation", block("CERTIFICATE").replaceAll(/^/gm, "    ")],
    ["no line end at the end", block("CERTIFICATE").trimEnd()],
    ["text around it", `Certificate:\n  Data: 1 -- 2\n\n${block("CERTIFICATE")}\nsubject=CN = x`],
    ["blanks within a line", block("CERTIFICATE", "TU  lJ\tQg ==")],
    ["empty lines within", block("CERTIFICATE").replace("TUlJQg==", "\nTUlJQg==\n")],
  ])("%s", (_, text) => {
    const file = read(text);
    expect(file.problems).toEqual([]);
    expect(file.blocks.map(({ base64 }) => base64)).toEqual(["TUlJQg=="]);
  });

  test("the dump that `openssl x509 -text` writes before a block is passed over", async () => {
    const file = readPem(await fixture("root-text.pem"));
    expect(file.problems).toEqual([]);
    expect(file.blocks).toHaveLength(1);
  });

  test("headers of an encrypted key are kept apart from its base64, and survive formatting", async () => {
    const text = await fixture("alice-sec1-encrypted.key");
    const [key] = readPem(text).blocks;
    expect(key?.headers).toEqual(["Proc-Type: 4,ENCRYPTED", expect.stringMatching(/^DEK-Info: AES-256-CBC,/)]);
    expect(key && formatPem(key.label, key.base64, key.headers)).toBe(text.toString());
  });
});

describe("PEM that other programs would drop in silence is a problem with its line", () => {
  const good = block("CERTIFICATE");
  test.each([
    ["an END and a BEGIN marker on one line lose both blocks", `${good.trimEnd()}${good}${good}`, 3, "fused", 1],
    ["a block without END", `${good}-----BEGIN CERTIFICATE-----\nTUlJQg==\n`, 4, "truncated", 1],
    ["a block that the next one interrupts", `-----BEGIN CERTIFICATE-----\nTUlJQg==\n${good}`, 1, "truncated", 1],
    ["a character that is not base64", `${block("CERTIFICATE", "TUlJ\nTU!J")}${good}`, 3, "content", 1],
    ["base64 that is cut off", block("CERTIFICATE", "TUlJQ"), 1, "content", 0],
    ["a block with nothing in it", block("CERTIFICATE", ""), 1, "content", 0],
    ["an END of another label", "-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END PRIVATE KEY-----\n", 3, "marker", 0],
    ["four dashes", good.replace("-----BEGIN CERTIFICATE-----", "----BEGIN CERTIFICATE----"), 1, "marker", 0],
    [
      "a marker with text behind it",
      good.replace("-----END CERTIFICATE-----", "-----END CERTIFICATE-----;"),
      3,
      "marker",
      0,
    ],
    ["line breaks written as \\n", good.replaceAll("\n", "\\n"), 1, "marker", 0],
    ["a whole block on one line", good.replaceAll("\n", " "), 1, "marker", 0],
  ] as const)("%s", (_, text, line, kind, blocks) => {
    const file = read(text);
    expect(file.kind).toBe("pem");
    expect(file.problems).toEqual([expect.objectContaining({ line, kind })]);
    expect(file.blocks).toHaveLength(blocks);
  });

  test("what is written on one line is told apart from what is fused", () => {
    expect(read(block("CERTIFICATE").replaceAll("\n", "\\n")).problems[0]?.remedy).toBe(
      "replace each \\n with a real line break",
    );
    expect(read(`${block("A").trimEnd()}${block("B")}`).problems[0]?.remedy).toBe(
      "put a line break between the END and the BEGIN marker on line 3",
    );
  });
});

describe("what is not PEM is told by what it is", () => {
  test.each([
    ["alice.der", "certificate"],
    ["alice-key.der", "key"],
    ["alice-csr.der", "request"],
    ["root-der.p7b", "pkcs7"],
    ["modern.pfx", "pkcs12"],
    ["rc2.pfx", "pkcs12"],
  ])("%s: %s", async (name, kind) => {
    expect(kindOf(await fixture(name))).toBe(kind);
  });

  test("an encrypted key in DER", async () => {
    const [key] = readPem(await fixture("alice-pkcs8-encrypted.key")).blocks;
    expect(kindOf(Buffer.from(key?.base64 ?? "", "base64"))).toBe("encrypted-key");
  });

  test("DER that is cut off is still binary data and not text", async () => {
    expect(kindOf((await fixture("alice.der")).subarray(0, 100))).toBe("unknown");
  });

  test.each([
    ["nothing at all", Buffer.alloc(0), "empty"],
    ["white space", Buffer.from("\r\n \n"), "empty"],
    ["UTF-16, as PowerShell's > writes it", Buffer.from(`\ufeff${block("CERTIFICATE")}`, "utf16le"), "utf16"],
    ["UTF-16 without a byte order mark", Buffer.from(block("CERTIFICATE"), "utf16le"), "utf16"],
    ["UTF-16 in network order", Buffer.from(block("CERTIFICATE"), "utf16le").swap16(), "utf16"],
    ["a web page", Buffer.from("\n<!DOCTYPE html><html><body>Sign in</body></html>"), "html"],
    ["bare base64", Buffer.from(`MIIC${"A".repeat(60)}\n${"B".repeat(64)}`), "base64"],
    ["text", Buffer.from("0123 hello, world"), "text"],
    ["other binary data", Buffer.from("\x7fELF\0\0\0\x01", "latin1"), "binary"],
  ])("%s", (_, bytes, kind) => {
    expect(kindOf(bytes)).toBe(kind);
  });
});

test("the base64 of a list's entry is that of the block", () => {
  expect(pemToBase64("-----BEGIN CERTIFICATE-----\nQUJD\nREVG\n-----END CERTIFICATE-----")).toBe("QUJDREVG");
  expect(pemToBase64(formatPem("CERTIFICATE", "QUJD".repeat(40)))).toBe("QUJD".repeat(40));
});

test("lines of any length and any make are read in time that grows with them alone", () => {
  // Quadratic time would take minutes for these.
  for (const part of ["-", "--", "-- ", "--BEGIN", "BEGIN ", "=", "a", " ", "-----BEGIN ", "END -"]) {
    const line = part.repeat(Math.ceil(300_000 / part.length));
    for (const text of [`${line}!`, `-----BEGIN CERTIFICATE-----\n${line}!\n${block("CERTIFICATE")}`])
      expect(read(text).kind).toMatch(/^(?:pem|text)$/);
  }
});
