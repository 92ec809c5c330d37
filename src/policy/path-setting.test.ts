import { inspect } from "node:util";
import { describe, expect, it, test } from "vitest";
import { createAuthority } from "../lab/ca.js";
import { resolvePolicy } from "./index.js";
import { configFile, snapshotOf, userPath } from "./testing/snapshot.js";

const { cert: certificate, key } = await createAuthority({ name: "Corp Root" });
const body = (pem: string): string => pem.split("\n")[1] ?? "";

const of = (variables: Record<string, string>, platform: NodeJS.Platform = "linux") =>
  resolvePolicy(snapshotOf(variables, { platform }));

describe("a PEM text in place of a path", () => {
  const settings = {
    ca: { files: ["/ca.pem", certificate] },
    identities: [{ cert: certificate, key }],
    proxyIdentity: { cert: certificate, key },
  };

  it("is a setting of its own, which is called by where it stands", () => {
    const policy = of({
      NODE_EXTRA_CA_CERTS: certificate,
      SSL_CERT_FILE: certificate,
      SALLYPORT_CA_CERTS: certificate,
      CLAUDE_CODE_CLIENT_CERT: certificate,
      CLAUDE_CODE_CLIENT_KEY: key.replaceAll("\n", "\\n"),
      SALLYPORT_PROXY_CLIENT_CERT: certificate,
      SALLYPORT_PROXY_CLIENT_KEY: key,
    });
    const [identity] = policy.identities;
    expect(policy.trust.files.map(({ value }) => value)).toEqual([
      "the PEM text in NODE_EXTRA_CA_CERTS",
      "the PEM text in SSL_CERT_FILE",
      "the PEM text in SALLYPORT_CA_CERTS",
    ]);
    expect([identity?.key?.value, policy.proxyIdentity?.key?.value]).toEqual([
      "the PEM text in CLAUDE_CODE_CLIENT_KEY",
      "the PEM text in SALLYPORT_PROXY_CLIENT_KEY",
    ]);
    expect(identity?.key?.text?.reveal().trim()).toBe(key.trim());
    expect([policy.faults, policy.warnings]).toEqual([[], []]);
  });

  it.each([
    [
      "options",
      resolvePolicy(snapshotOf(), {
        ca: ["/ca.pem", certificate],
        cert: certificate,
        key,
        proxyCert: certificate,
        proxyKey: key,
      }),
    ],
    ["a config file", resolvePolicy(snapshotOf({}, { configFiles: [configFile(settings, { mode: 0o600 })] }))],
  ])("is taken from %s", (_source, policy) => {
    expect(policy.trust.files.map(({ text }) => text?.reveal().trim())).toEqual([undefined, certificate.trim()]);
    expect(policy.identities[0]?.key?.text?.reveal().trim()).toBe(key.trim());
    expect(policy.proxyIdentity?.key?.text?.reveal().trim()).toBe(key.trim());
    expect([policy.faults, policy.warnings]).toEqual([[], []]);
  });

  it("is in nothing that is printed of a policy, which stays plain data", () => {
    const snapshot = snapshotOf({ SALLYPORT_CLIENT_KEY: key }, { configFiles: [configFile(settings)] });
    const policy = resolvePolicy(snapshot);
    const shown = inspect(policy, { depth: 12, showHidden: true }) + JSON.stringify(policy);
    expect(shown).not.toContain(body(key));
    expect(shown).toContain("[PEM text]");
    expect(resolvePolicy(snapshot)).toEqual(policy);
  });

  it("makes a config file one that holds a secret, if it holds a key", () => {
    const warned = (content: object) =>
      resolvePolicy(snapshotOf({}, { configFiles: [configFile(content, { mode: 0o644 })] })).warnings.map(
        ({ code, message }) => `${code} ${message}`,
      );
    expect(warned(settings)).toEqual([
      `KEY_PERMISSIONS ${userPath} holds a secret and is readable by other users (mode 0644)`,
    ]);
    expect(warned({ ca: settings.ca })).toEqual([]);
  });

  test.each([
    [`/a.pem:${certificate}`, ["/a.pem", "the PEM text in SALLYPORT_CA_CERTS"]],
    [
      `${certificate.replaceAll("\n", "\\n")}:/a.pem:/b.pem`,
      ["/a.pem", "/b.pem", "the PEM text in SALLYPORT_CA_CERTS"],
    ],
    [`subject=CN = Corp: Root\n${certificate}`, ["the PEM text in SALLYPORT_CA_CERTS"]],
    [`"${certificate.trim()}"`, ["the PEM text in SALLYPORT_CA_CERTS"]],
  ])("may stand in a list of paths", (value, expected) => {
    expect(of({ SALLYPORT_CA_CERTS: value }).trust.files.map((file) => file.value)).toEqual(expected);
  });

  test.each([
    ["SALLYPORT_CLIENT_PFX", "PFX_INVALID"],
    ["SALLYPORT_CONFIG", undefined],
  ])("is refused in %s, which names something else", (name, code) => {
    const policy = of({ [name]: key });
    expect(policy.identities[0]?.pfx?.fault?.code).toBe(code);
    expect(policy.settings.map(({ value }) => value)).not.toContain(key);
  });
});

describe("what is not a path", () => {
  test.each([
    ["NODE_EXTRA_CA_CERTS", "CA_FILE_INVALID"],
    ["SSL_CERT_FILE", "CA_FILE_INVALID"],
    ["SALLYPORT_CA_CERTS", "CA_FILE_INVALID"],
    ["SSL_CERT_DIR", "CA_FILE_INVALID"],
    ["SALLYPORT_CLIENT_CERT", "CERT_FILE_INVALID"],
    ["CLAUDE_CODE_CLIENT_KEY", "KEY_FILE_INVALID"],
    ["SALLYPORT_CLIENT_PFX", "PFX_INVALID"],
    ["SALLYPORT_PROXY_CLIENT_KEY", "KEY_FILE_INVALID"],
  ])("is named for each mistake in %s", (name, code) => {
    const mistakes: Readonly<Record<string, string>> = {
      "file:///etc/ssl/ca.pem": "is a file:// URL, but must be a path",
      "C:\\certs\\ca.pem": "is a Windows path, and this system is not Windows",
      "$HOME/ca.pem": "holds a variable that was not expanded",
      "${HOME}/ca.pem": "holds a variable that was not expanded",
      "%USERPROFILE%\\ca.pem": "holds a variable that was not expanded",
      [Buffer.from(key).toString("base64")]: "holds a PEM text as base64, but must be a path",
    };
    for (const [value, problem] of Object.entries(mistakes)) {
      const { trust, identities, proxyIdentity, settings } = of({ [name]: value });
      const [identity = proxyIdentity] = identities;
      const setting = trust.files[0] ?? trust.directories[0] ?? identity?.pfx ?? identity?.cert ?? identity?.key;
      expect(setting?.fault).toMatchObject({ code, message: `${name} ${problem}` });
      expect(settings.map((report) => report.value)).toEqual(["(not shown)"]);
    }
  });

  it("wrapped in quotation marks is read without them, with a warning", () => {
    const { identities, warnings } = of({ SALLYPORT_CLIENT_KEY: '"/home/u/key.pem"' });
    expect(identities[0]?.key).toEqual({
      value: "/home/u/key.pem",
      source: { kind: "variable", name: "SALLYPORT_CLIENT_KEY" },
    });
    expect(warnings).toMatchObject([
      {
        code: "KEY_FILE_INVALID",
        severity: "warning",
        message:
          "SALLYPORT_CLIENT_KEY is wrapped in quotes, which most programs take as part of the path; sallyport ignores them",
      },
    ]);
  });

  it("is a bare name in doubt: it is read, and not shown before there is such a file", () => {
    const policy = of({ SALLYPORT_CLIENT_KEY: "Tulip-Vase-41" });
    expect(policy.identities[0]?.key?.value).toBe("/work/repo/Tulip-Vase-41");
    expect(inspect(policy, { depth: 9 }) + JSON.stringify(policy)).not.toContain("Tulip");
    expect(policy.warnings.map(({ message }) => message)).toEqual([
      "SALLYPORT_CLIENT_KEY is a relative path, which changes with the directory; it is resolved against the working directory",
    ]);
  });

  it("does not overrule what counts more", () => {
    const { identities, faults } = of({ SALLYPORT_CLIENT_KEY: "/k.pem", CLAUDE_CODE_CLIENT_KEY: "file:///k.pem" });
    expect([identities[0]?.key?.value, identities[0]?.key?.fault, faults]).toEqual(["/k.pem", undefined, []]);
  });
});

test("what documents leave in NO_PROXY and in proxies is not part of them", () => {
  const policy = of({
    NO_PROXY: "\ufeffa.test,\u00a010.0.0.1\u200b, *\u200b",
    HTTPS_PROXY: "\ufeffhttp://proxy.test:3128\u200b",
    SALLYPORT_STRICT: "\u200b",
  });
  expect(policy.faults).toEqual([]);
  // Other programs take it for part of the value.
  expect(policy.warnings.map(({ message }) => message)).toEqual([
    expect.stringContaining("HTTPS_PROXY has a byte order mark"),
  ]);
  expect(policy.noProxy.value.entries.map(({ text }) => text)).toEqual(["a.test", "10.0.0.1", "*"]);
  expect(policy.proxy.https?.value).toMatchObject({ kind: "server", server: { host: "proxy.test", port: 3128 } });
});
