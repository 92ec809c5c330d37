import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FaultCode } from "../../src/base/codes.js";
import { startLab, type Lab } from "../../src/lab/index.js";
import { run } from "./support/run.js";
import { repository } from "../../scripts/repository.mjs";

/** What goes wrong before anything is connected to: each has a code of its own, two lines, and exit code 2. */
interface Case {
  readonly title: string;
  readonly code: FaultCode;
  /** The variable or file that the error has to name. */
  readonly names: string;
  readonly variables?: (make: Make) => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  readonly argv?: readonly string[];
}

interface Make {
  readonly lab: Lab;
  file(name: string, content: string | Uint8Array): Promise<string>;
}

let lab: Lab;
let make: Make;
const passphrase = "Tulip-seven-passphrase";
const proxyPassword = "tulip7";

beforeAll(async () => {
  lab = await startLab();
  const folder = join(lab.directory, "bad-input");
  await mkdir(folder);
  make = {
    lab,
    async file(name, content) {
      const path = join(folder, name);
      await writeFile(path, content, { mode: 0o600 });
      return path;
    },
  };
});
afterAll(() => lab.close());

/** The lab's client certificate, but for what is wrong with it. */
const client = (wrong: { readonly cert?: string; readonly key?: string }) => {
  const { cert, key } = { ...lab.files.client, ...wrong };
  return { CLAUDE_CODE_CLIENT_CERT: cert, CLAUDE_CODE_CLIENT_KEY: key };
};
const der = async (path: string): Promise<Uint8Array> => new X509Certificate(await readFile(path)).raw;
const fused = async (path: string): Promise<string> => {
  const text = await readFile(path, "utf8");
  return text.trimEnd() + text;
};
const proxied = (value: string) => ({ HTTPS_PROXY: value });

const cases: readonly Case[] = [
  // Authorities
  {
    title: "a CA file that does not exist",
    code: "CA_FILE_UNREADABLE",
    names: "NODE_EXTRA_CA_CERTS",
    variables: () => ({ NODE_EXTRA_CA_CERTS: "/nonexistent/ca.pem" }),
  },
  {
    title: "a CA file that cannot be read",
    code: "CA_FILE_UNREADABLE",
    names: "NODE_EXTRA_CA_CERTS",
    variables: (m) => ({ NODE_EXTRA_CA_CERTS: m.lab.directory }),
  },
  {
    title: "an empty CA file",
    code: "CA_FILE_INVALID",
    names: "NODE_EXTRA_CA_CERTS",
    variables: async (m) => ({ NODE_EXTRA_CA_CERTS: await m.file("empty.pem", "") }),
  },
  {
    title: "two authorities run together in one line",
    code: "CA_FILE_INVALID",
    names: "NODE_EXTRA_CA_CERTS",
    variables: async (m) => ({ NODE_EXTRA_CA_CERTS: await m.file("fused.pem", await fused(m.lab.files.rootCa)) }),
  },
  {
    title: "a CA file full of rubbish",
    code: "CA_FILE_INVALID",
    names: "NODE_EXTRA_CA_CERTS",
    variables: async (m) => ({ NODE_EXTRA_CA_CERTS: await m.file("rubbish.pem", "not a certificate") }),
  },
  {
    title: "a CA of --cacert that does not exist",
    code: "CA_FILE_UNREADABLE",
    names: "--cacert",
    argv: ["--cacert", "/nonexistent/ca.pem"],
  },
  // Client certificates
  {
    title: "a client certificate that does not exist",
    code: "CERT_FILE_UNREADABLE",
    names: "CLAUDE_CODE_CLIENT_CERT",
    variables: () => client({ cert: "/nonexistent/alice.pem" }),
  },
  {
    title: "a client certificate that cannot be read",
    code: "CERT_FILE_UNREADABLE",
    names: "CLAUDE_CODE_CLIENT_CERT",
    variables: (m) => client({ cert: m.lab.directory }),
  },
  {
    title: "a key that does not exist",
    code: "KEY_FILE_UNREADABLE",
    names: "CLAUDE_CODE_CLIENT_KEY",
    variables: () => client({ key: "/nonexistent/alice.key" }),
  },
  {
    title: "an empty client certificate",
    code: "CERT_FILE_INVALID",
    names: "CLAUDE_CODE_CLIENT_CERT",
    variables: async (m) => client({ cert: await m.file("empty-cert.pem", "") }),
  },
  {
    title: "an empty key",
    code: "KEY_FILE_INVALID",
    names: "CLAUDE_CODE_CLIENT_KEY",
    variables: async (m) => client({ key: await m.file("empty-key.pem", "") }),
  },
  {
    title: "a key as base64, as containers' secrets come",
    code: "KEY_FILE_INVALID",
    names: "CLAUDE_CODE_CLIENT_KEY",
    variables: async (m) => client({ key: (await readFile(m.lab.files.client.key)).toString("base64") }),
  },
  {
    title: "a key's path with a variable that no shell expanded",
    code: "KEY_FILE_INVALID",
    names: "CLAUDE_CODE_CLIENT_KEY",
    variables: () => client({ key: "$HOME/alice.key" }),
  },
  {
    title: "authorities as a file: URL",
    code: "CA_FILE_INVALID",
    names: "SSL_CERT_FILE",
    variables: () => ({ SSL_CERT_FILE: "file:///etc/ssl/corp.pem" }),
  },
  {
    title: "a config file's path of Windows",
    code: "CONFIG_INVALID",
    names: "SALLYPORT_CONFIG",
    variables: () => ({ SALLYPORT_CONFIG: "C:\\Users\\alice\\sallyport.json" }),
  },
  {
    title: "a key on the command line, where every user sees it",
    code: "CONFIG_INVALID",
    names: "--key",
    argv: ["--key", "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----"],
  },
  {
    title: "a client certificate in DER",
    code: "CERT_FILE_INVALID",
    names: "CLAUDE_CODE_CLIENT_CERT",
    variables: async (m) => client({ cert: await m.file("alice.der", await der(m.lab.files.client.cert)) }),
  },
  {
    title: "certificate and key swapped",
    code: "CERT_KEY_SWAPPED",
    names: "CLAUDE_CODE_CLIENT_CERT",
    variables: (m) => client({ cert: m.lab.files.client.key, key: m.lab.files.client.cert }),
  },
  {
    title: "the key of another certificate",
    code: "CERT_KEY_MISMATCH",
    names: "CLAUDE_CODE_CLIENT_KEY",
    variables: (m) => client({ key: m.lab.files.wrongClient.key }),
  },
  {
    title: "a certificate without a key",
    code: "KEY_MISSING",
    names: "CLAUDE_CODE_CLIENT_CERT",
    variables: (m) => ({ CLAUDE_CODE_CLIENT_CERT: m.lab.files.client.cert }),
  },
  {
    title: "a key without a certificate",
    code: "CERT_MISSING",
    names: "CLAUDE_CODE_CLIENT_KEY",
    variables: (m) => ({ CLAUDE_CODE_CLIENT_KEY: m.lab.files.client.key }),
  },
  {
    title: "an expired client certificate",
    code: "CLIENT_CERT_EXPIRED",
    names: "CLAUDE_CODE_CLIENT_CERT",
    variables: (m) => client(m.lab.files.expiredClient),
  },
  {
    title: "an encrypted key without a passphrase",
    code: "KEY_PASSPHRASE_MISSING",
    names: "CLAUDE_CODE_CLIENT_KEY",
    variables: (m) => client({ key: m.lab.files.client.encryptedKey }),
  },
  {
    title: "a wrong passphrase",
    code: "KEY_PASSPHRASE_WRONG",
    names: "CLAUDE_CODE_CLIENT_KEY",
    variables: (m) => ({
      ...client({ key: m.lab.files.client.encryptedKey }),
      CLAUDE_CODE_CLIENT_KEY_PASSPHRASE: passphrase,
    }),
  },
  {
    title: "rubbish for a PKCS#12 file",
    code: "PFX_INVALID",
    names: "SALLYPORT_CLIENT_PFX",
    variables: async (m) => ({ SALLYPORT_CLIENT_PFX: await m.file("rubbish.p12", "no such thing") }),
  },
  // Proxies
  {
    title: "a proxy's port out of range",
    code: "PROXY_URL_INVALID",
    names: "HTTPS_PROXY",
    variables: () => proxied(`http://alice:${proxyPassword}@proxy.corp:99999`),
  },
  {
    title: "a proxy without a host",
    code: "PROXY_URL_INVALID",
    names: "HTTPS_PROXY",
    variables: () => proxied(`http://alice:${proxyPassword}@`),
  },
  {
    title: "an unknown scheme of a proxy",
    code: "PROXY_SCHEME_UNSUPPORTED",
    names: "HTTPS_PROXY",
    variables: () => proxied(`ftp://alice:${proxyPassword}@proxy.corp:21`),
  },
  {
    title: "an invalid --proxy",
    code: "PROXY_URL_INVALID",
    names: "--proxy",
    argv: ["--proxy", `http://alice:${proxyPassword}@proxy.corp:99999`],
  },
  // Files of settings
  {
    title: "a config file with a typo",
    code: "CONFIG_INVALID",
    names: "config.json",
    variables: async (m) => ({
      SALLYPORT_CONFIG: await m.file("typo-config.json", `{ "prxoy": "http://alice:${proxyPassword}@proxy.corp" }`),
    }),
  },
  {
    title: "a config file that is not JSON",
    code: "CONFIG_INVALID",
    names: "config.json",
    variables: async (m) => ({
      SALLYPORT_CONFIG: await m.file(
        "broken-config.json",
        `{ "proxy": "http://alice:${proxyPassword}@proxy.corp",\n  "noProxy" }`,
      ),
    }),
  },
  {
    title: "a config file that does not exist",
    code: "CONFIG_INVALID",
    names: "/nonexistent/config.json",
    argv: ["--config", "/nonexistent/config.json"],
  },
  // Warnings, which --strict makes errors
  {
    title: "rubbish in NO_PROXY under --strict",
    code: "NO_PROXY_ENTRY_INVALID",
    names: "NO_PROXY",
    variables: () => ({ NO_PROXY: "http://intranet.corp/*" }),
    argv: ["--strict"],
  },
  {
    title: "two variables that differ, under --strict",
    code: "PROXY_VARIABLES_CONFLICT",
    names: "HTTPS_PROXY",
    variables: () => ({ https_proxy: "http://a.corp", HTTPS_PROXY: "http://b.corp" }),
    argv: ["--strict"],
  },
  {
    title: "verification switched off, under --strict",
    code: "TLS_VERIFICATION_DISABLED",
    names: "NODE_TLS_REJECT_UNAUTHORIZED",
    variables: () => ({ NODE_TLS_REJECT_UNAUTHORIZED: "0" }),
    argv: ["--strict"],
  },
  // Arguments
  {
    title: "an unknown flag",
    code: "CONFIG_INVALID",
    names: "--prxoy",
    argv: ["--prxoy", `http://alice:${proxyPassword}@proxy.corp`],
  },
  {
    title: "a passphrase on the command line",
    code: "CONFIG_INVALID",
    names: "--passphrase",
    argv: [`--passphrase=${passphrase}`],
  },
  {
    title: "two sources of one passphrase",
    code: "CONFIG_INVALID",
    names: "--passphrase-file",
    argv: ["--passphrase-file", "/nonexistent", "--passphrase-command", "true"],
  },
];

describe("bad input to sallyport fetch", () => {
  for (const { title, code, names, variables, argv = [] } of cases) {
    it(`${title}: ${code}, one line of cause, one of remedy, exit code 2, no secret`, async () => {
      const environment = (await variables?.(make)) ?? {};
      const { exit, stdout, stderr } = await run(["fetch", ...argv, "https://api.lab.test/"], {
        variables: environment,
        lookup: lab.lookup,
      });
      expect(stdout).toBe("");
      expect(stderr).toMatch(new RegExp(`^error: [^\\n]+ \\[${code}\\]\\nhint: [^\\n]+\\n$`));
      expect(stderr.split("\n")[0]).toContain(names);
      expect(exit).toBe(2);
      expectNoSecret(stderr);
    });
  }

  it("connects to nothing while the settings are unusable", () => {
    expect(lab.log.events).toEqual([]);
  });

  it("says the same under --json, on stdout alone", async () => {
    const { exit, stdout, stderr } = await run(["fetch", "--json", "https://api.lab.test/"], {
      variables: proxied(`http://alice:${proxyPassword}@proxy.corp:99999`),
    });
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      fault: {
        code: "PROXY_URL_INVALID",
        stage: "config",
        hop: "local",
        docs: `${repository}/blob/main/docs/faults.md#proxy_url_invalid`,
      },
    });
    expect(stderr).toBe("");
    expect(exit).toBe(2);
  });
});

describe("input that is unusual and works", () => {
  const works: readonly (readonly [string, string])[] = [
    ["a proxy without a scheme", "localhost:1"],
    ["an @ in the password", `http://alice:${proxyPassword}@x@localhost:1`],
    ["a # in the password", `http://alice:${proxyPassword}#x@localhost:1`],
    ["a bare % in the password", `http://alice:${proxyPassword}%zz@localhost:1`],
  ];
  for (const [title, value] of works) {
    it(`${title}: the proxy is asked, and is what fails`, async () => {
      const { exit, stderr } = await run(["fetch", "https://api.lab.test/"], {
        variables: proxied(value),
        lookup: lab.lookup,
      });
      expect(stderr).toMatch(/^error: the proxy localhost:1 [^\n]+ \[TCP_REFUSED\]$/m);
      expect(exit).toBe(1);
      expectNoSecret(stderr);
    });
  }

  it("rubbish in NO_PROXY: a warning in one line, and the request is made", async () => {
    const { exit, stderr } = await run(["fetch", "https://api.lab.test/"], {
      variables: { NO_PROXY: "http://intranet.corp/*", HTTPS_PROXY: "http://localhost:1" },
      lookup: lab.lookup,
    });
    expect(stderr.match(/^warning: [^\n]+ \[NO_PROXY_ENTRY_INVALID\]; [^\n]+$/gm)).toHaveLength(1);
    expect(stderr).toContain("[TCP_REFUSED]");
    expect(exit).toBe(1);
  });

  it("other users may read the key: a warning with the chmod line", async () => {
    const key = await make.file("open.key", await readFile(lab.files.client.key));
    execFileSync("chmod", ["644", key]);
    const { stderr } = await run(["fetch", "https://api.lab.test/"], {
      variables: client({ key }),
      lookup: lab.lookup,
    });
    expect(stderr).toMatch(/^warning: [^\n]+\[KEY_PERMISSIONS\][^\n]*chmod 600[^\n]*$/m);
  });
});

function expectNoSecret(text: string): void {
  expect(text).not.toContain(passphrase);
  expect(text).not.toContain(proxyPassword);
}
