import { describe, expect, it, test } from "vitest";
import { decodeText } from "./decode-text.js";
import { inlinePem } from "./inline-pem.js";
import { trimInvisible, withoutInvisible } from "./invisible.js";
import { looksSecret, looksSecretHost } from "./looks-secret.js";
import { readPathValue } from "./path-value.js";
import { readPem } from "./pem.js";
import { trimmedForms } from "./trimmed-forms.js";

const base64 = Buffer.from("what a key holds, and more than one line of it in base64").toString("base64");
const block = `-----BEGIN EC PRIVATE KEY-----\n${base64.slice(0, 64)}\n${base64.slice(64)}\n-----END EC PRIVATE KEY-----\n`;
const read = (text: string, platform: NodeJS.Platform = "linux") =>
  readPathValue(text, { platform, home: "/home/u", directory: "/work" });

describe("a PEM text in place of a path", () => {
  const encrypted = block.replace("-----\n", "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0A1B2C\n\n");
  test.each([
    ["as it is", block],
    ["with CR LF", block.replaceAll("\n", "\r\n")],
    ["with line breaks written as \\n", block.replaceAll("\n", "\\n")],
    ["with line breaks written as \\r\\n", block.replaceAll("\n", "\\r\\n")],
    ["with line breaks that were escaped twice", block.replaceAll("\n", "\\\\n")],
    ["with blanks for line breaks", block.replaceAll("\n", " ")],
    ["without any line break", block.replaceAll("\n", "")],
    ["in quotation marks", `"${block.replaceAll("\n", "\\n")}"`],
    ["after a byte order mark", `\ufeff${block}`],
    ["indented, as YAML leaves it", block.replaceAll("\n", "\n    ")],
  ])("is read %s", (_how, text) => {
    const { blocks, problems } = readPem(Buffer.from(inlinePem(text) ?? ""));
    expect({ blocks: blocks.map(({ label, base64: data }) => [label, data]), problems }).toEqual({
      blocks: [["EC PRIVATE KEY", base64]],
      problems: [],
    });
  });

  it.each([
    ["", encrypted],
    [" with blanks", encrypted.replaceAll(/\n+/g, " ")],
    [" with \\n", encrypted.replaceAll("\n", "\\n")],
  ])("keeps the headers of an encrypted key%s", (_how, text) => {
    expect(readPem(Buffer.from(inlinePem(text) ?? "")).blocks[0]).toMatchObject({
      headers: ["Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-256-CBC,0A1B2C"],
      base64,
    });
  });

  it("may hold several blocks on one line", () => {
    const text = `${block}${block.replaceAll("EC PRIVATE KEY", "CERTIFICATE")}`.replaceAll("\n", " ");
    expect(readPem(Buffer.from(inlinePem(text) ?? "")).blocks.map(({ label }) => label)).toEqual([
      "EC PRIVATE KEY",
      "CERTIFICATE",
    ]);
  });

  it("that is damaged is not repaired by guessing", () => {
    for (const text of [
      block.replace("-----END EC", "-----END"),
      block.slice(0, 60),
      block.replace("BEGIN EC", "BEGIN RSA"),
    ])
      expect(readPem(Buffer.from(inlinePem(text) ?? "")).problems).toHaveLength(1);
    expect(inlinePem("/etc/ssl/BEGIN CERTIFICATE.pem")).toBeUndefined();
  });
});

describe("what can be no path", () => {
  test.each([
    ["base64 of a PEM text", Buffer.from(block).toString("base64"), /holds a PEM text as base64.*base64 -d/],
    [
      "base64 in lines",
      Buffer.from(block).toString("base64").replaceAll(/.{20}/g, "$&\n"),
      /holds a PEM text as base64/,
    ],
    ["a file: URL", "file:///etc/ssl/corp%20ca.pem", /file:\/\/ URL.*write the path alone: \/etc\/ssl\/corp ca\.pem$/],
    ["a file: URL with a login", "file://alice:tulip@host/ca.pem", /write the path alone, without file:\/\/$/],
    ["another URL", "https://pki.corp.example/ca.pem", /is a URL/],
    ["a variable of a shell", "$HOME/ca.pem", /variable that was not expanded/],
    ["a variable in braces", "${HOME}/ca.pem", /variable that was not expanded/],
    ["a variable of Windows", "%USERPROFILE%\\ca.pem", /variable that was not expanded/],
    ["a variable of PowerShell", "$env:USERPROFILE\\ca.pem", /variable that was not expanded/],
    ["a Windows path", "C:\\certs\\ca.pem", /Windows path.*\/mnt\/c/],
    ["a Windows path with slashes", "C:/certs/ca.pem", /Windows path/],
    ["a share of Windows", "\\\\server\\share\\ca.pem", /Windows path/],
    ["JSON", '{"proxy":"direct"}', /holds JSON/],
    ["a token", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", /does not hold a path/],
    ["several lines", "/etc/ssl/a.pem\n/etc/ssl/b.pem", /does not hold a path/],
    ["a password with signs", "tul!p&va$e", /does not hold a path/],
  ])("%s is named as that, and not shown", (_what, text, said) => {
    const found = read(text);
    if (found.kind !== "mistake") throw new Error(`it was taken for ${found.kind}`);
    expect(`${found.problem}; ${found.remedy}`).toMatch(said);
  });

  test.each([
    "/etc/ssl/certs/ca.pem",
    "/nix/store/3n58xw4373jp0ljirf06d8077j15pc4j-cacert/etc/ssl/ca-bundle.crt",
    "/var/lib/docker/overlay2/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08/merged/ca.pem",
    "/srv/$web/ca.pem",
    "/home/Jürgen Müller/Zertifikate (neu)/ca.pem",
    "./clientkey",
    "~/certs/key",
    "corporate-network-root-certificate-authority-2024.pem",
    "9f86d081884c7d659a2feaa0c55ad015.pem",
  ])("the path %s is one", (text) => {
    expect(read(text)).toMatchObject({ kind: "path", doubtful: false, quoted: false });
  });

  test("and on Windows its own paths are", () => {
    expect(read("C:\\Users\\u\\ca.pem", "win32")).toMatchObject({ kind: "path", path: "C:\\Users\\u\\ca.pem" });
    expect(read("\\\\server\\share\\ca.pem", "win32").kind).toBe("path");
    expect(read("file:///C:/certs/ca.pem", "win32")).toMatchObject({ remedy: "write the path alone: C:/certs/ca.pem" });
  });

  test("a bare name is in doubt, quotation marks and what nobody sees are left out", () => {
    expect(read("clientkey")).toMatchObject({ kind: "path", path: "/work/clientkey", doubtful: true });
    expect(read("'/etc/ssl/ca.pem'")).toMatchObject({ kind: "path", path: "/etc/ssl/ca.pem", quoted: true });
    expect(read("\ufeff\u00a0/etc/ssl/ca.pem\u200b")).toMatchObject({ path: "/etc/ssl/ca.pem", quoted: false });
  });
});

test.each([
  "sk-ant-api03-abc",
  "AKIAIOSFODNN7EXAMPLE",
  "alice:tulip@host",
  "MHcCAQEEIB8vT0GZ0n2Qk3r5s7u9",
  "-----BEGIN CERTIFICATE-----",
  "a".repeat(300),
])("%s looks like a secret", (text) => {
  expect(looksSecret(text)).toBe(true);
});

test.each([
  "sk-proxy-bratislava-01",
  "ip-10-0-12-34",
  "redis-7d9f8b6c5d-x2k4j",
  "550e8400-e29b-41d4-a716-446655440000",
  "Corporate Root CA 2024 G2",
])("%s does not look like a secret", (text) => {
  expect(looksSecret(text)).toBe(false);
});

test("a host looks like a secret where it is a token, and not where a part of its name has the form of one", () => {
  expect(looksSecretHost("9f86d081884c7d659a2feaa0c55ad015")).toBe(true);
  expect(looksSecretHost("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3")).toBe(true);
  expect(looksSecretHost("internal-a1b2c3d4e5f6a7b8c9d0a1b2c3d4e5f6-123456.us-east-1.elb.amazonaws.com")).toBe(false);
  expect(looksSecretHost("proxy.corp.example")).toBe(false);
});

describe("the text of a file", () => {
  const mark = "\ufeff";
  test.each([
    ["UTF-8", Buffer.from("Grüße\r\n")],
    ["UTF-8 with a mark", Buffer.from(`${mark}Grüße\r\n`)],
    ["UTF-16LE with a mark", Buffer.from(`${mark}Grüße\r\n`, "utf16le")],
    ["UTF-16BE with a mark", Buffer.from(`${mark}Grüße\r\n`, "utf16le").swap16()],
  ])("is read from %s", (_encoding, bytes) => {
    expect(decodeText(bytes)).toBe("Grüße\r\n");
  });

  test("half a character at the end is no error", () => {
    expect(decodeText(Buffer.from([0xfe, 0xff, 0, 0x61, 0]))).toBe("a");
    expect(decodeText(Buffer.alloc(0))).toBe("");
  });
});

test("what nobody sees is trimmed, and joiners inside names are kept", () => {
  expect(trimInvisible("\ufeff \u200bproxy\u00a0\u200d\0")).toBe("proxy");
  expect(withoutInvisible("ex\u200bam\u00adple\u200c.test\ufeff")).toBe("example\u200c.test");
});

describe("forms of a secret without what came along with it", () => {
  test.each([
    ["tulip ", [["tulip", "its trailing blank"]]],
    ["tulip\r", [["tulip", "its trailing line end"]]],
    ["tulip\r\n", [["tulip", "its trailing line end"]]],
    ["\ufefftulip", [["tulip", "its byte order mark"]]],
    ['"tulip"', [["tulip", "the quotation marks around it"]]],
    [
      "  'tulip ' \n",
      [
        ["  'tulip '", "its trailing blanks"],
        ["'tulip '", "its leading blanks and its trailing blanks"],
        ["tulip ", "its leading blanks and its trailing blanks and the quotation marks around it"],
        [
          "tulip",
          "its leading blanks and its trailing blanks and the quotation marks around it and the spaces inside them",
        ],
      ],
    ],
    ["tulip", []],
    ["  ", []],
  ])("%j", (secret, forms) => {
    expect(trimmedForms(secret).map(({ text, without }) => [text, without])).toEqual(forms);
  });
});
