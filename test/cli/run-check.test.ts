import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { labVariables, type LabProxy } from "../../src/lab/index.js";
import { run, type Ran } from "./support/run.js";
import { standardLab } from "../support/standard-lab.js";

const lab = await standardLab();
const marker = join(lab.directory, "launched");
beforeEach(() => rm(marker, { force: true }));

/** A command that shows that it was launched, and for which the API behind ANTHROPIC_BASE_URL is looked at first. */
function launch(variables: Record<string, string | undefined>, url = lab.mtls.url, flags: string[] = []): Promise<Ran> {
  const defined = Object.entries({ ANTHROPIC_BASE_URL: url, ...variables }).filter(([, value]) => value !== undefined);
  return run(["run", ...flags, "--", "touch", marker], {
    variables: { PATH: process.env["PATH"] ?? "", ...(Object.fromEntries(defined) as Record<string, string>) },
    lookup: lab.lookup,
  });
}

const at = (proxy: LabProxy): Record<string, string> => labVariables(lab, proxy);
const withLogin = ({ port }: LabProxy, login: string): Record<string, string> => ({
  HTTPS_PROXY: `http://${login}localhost:${port}`,
  HTTP_PROXY: `http://${login}localhost:${port}`,
});

/** What was wrong, with which variables, what is said, and whose fault it is. */
type Row = readonly [what: string, variables: () => Record<string, string | undefined>, code: string, exit: number];

const settings: readonly Row[] = [
  ["the passphrase is wrong", () => ({ CLAUDE_CODE_CLIENT_KEY_PASSPHRASE: "no" }), "KEY_PASSPHRASE_WRONG", 1],
  ["the passphrase is missing", () => ({ CLAUDE_CODE_CLIENT_KEY_PASSPHRASE: undefined }), "KEY_PASSPHRASE_MISSING", 1],
  [
    "the key is another certificate's",
    () => ({ CLAUDE_CODE_CLIENT_KEY: lab.files.wrongClient.key }),
    "CERT_KEY_MISMATCH",
    1,
  ],
  ["the certificate's file is missing", () => ({ CLAUDE_CODE_CLIENT_CERT: "/nonexistent" }), "CERT_FILE_UNREADABLE", 1],
  ["the key's file is missing", () => ({ CLAUDE_CODE_CLIENT_KEY: "/nonexistent" }), "KEY_FILE_UNREADABLE", 1],
  ["there is a certificate without a key", () => ({ CLAUDE_CODE_CLIENT_KEY: undefined }), "KEY_MISSING", 1],
  ["the certificate has expired", () => expiredClient(), "CLIENT_CERT_EXPIRED", 1],
  ["the file of the authorities is missing", () => ({ NODE_EXTRA_CA_CERTS: "/nonexistent" }), "CA_FILE_UNREADABLE", 1],
  ["the proxy's scheme is unknown", () => ({ HTTPS_PROXY: "ftp://localhost" }), "PROXY_SCHEME_UNSUPPORTED", 1],
];

const ways: readonly Row[] = [
  ["no client certificate is given", () => noClient(), "CLIENT_CERT_REQUIRED", 1],
  ["the certificate is of a wrong authority", () => wrongClient(), "CLIENT_CERT_REJECTED", 1],
  ["nobody listens at the proxy's port", () => withLogin({ ...lab.basic, port: 1 }, ""), "TCP_REFUSED", 1],
  [
    "the proxy's name is unknown",
    () => ({ HTTPS_PROXY: "http://no-such-proxy.inside.example:3128" }),
    "DNS_NOT_FOUND",
    1,
  ],
  ["the proxy wants a login, and there is none", () => withLogin(lab.basic, ""), "PROXY_AUTH_REQUIRED", 1],
  ["the proxy refuses the login", () => withLogin(lab.basic, "alice:wrong@"), "PROXY_AUTH_REJECTED", 1],
  ["the authority is unknown", () => ({ NODE_EXTRA_CA_CERTS: undefined }), "TLS_UNTRUSTED_ISSUER", 1],
  ["the proxy speaks TLS, and http:// is written", () => withLogin(lab.overTls, "alice:x@"), "PROXY_NEEDS_TLS", 1],
];

const noClient = (): Record<string, undefined> => ({
  CLAUDE_CODE_CLIENT_CERT: undefined,
  CLAUDE_CODE_CLIENT_KEY: undefined,
  CLAUDE_CODE_CLIENT_KEY_PASSPHRASE: undefined,
});
const expiredClient = (): Record<string, string | undefined> => ({
  ...noClient(),
  CLAUDE_CODE_CLIENT_CERT: lab.files.expiredClient.cert,
  CLAUDE_CODE_CLIENT_KEY: lab.files.expiredClient.key,
});
const wrongClient = (): Record<string, string | undefined> => ({
  ...noClient(),
  CLAUDE_CODE_CLIENT_CERT: lab.files.wrongClient.cert,
  CLAUDE_CODE_CLIENT_KEY: lab.files.wrongClient.key,
});

function expectFault({ exit, stdout, stderr }: Ran, code: string, expected: number): void {
  expect(stderr).toMatch(new RegExp(`error: [^\\n]+ \\[${code}\\]\\nhint: [^\\n]+\\n$`));
  expect([exit, stdout, existsSync(marker)]).toEqual([expected, "", false]);
}

describe("before a launch", () => {
  it.each([...settings, ...ways])("says that %s", async (_, variables, code, exit) => {
    expectFault(await launch({ ...at(lab.basic), ...variables() }), code, exit);
  });

  it("says that the server wants a certificate, under TLS 1.2 too", async () => {
    await using origin = await lab.origin({ clientCertificate: "required", maxVersion: "TLSv1.2" });
    expectFault(await launch({ ...at(lab.basic), ...noClient() }, origin.url), "CLIENT_CERT_REQUIRED", 1);
  });

  it("says that the server's answer asks for a certificate, as nginx does", async () => {
    await using origin = await lab.origin({ clientCertificate: "asked", fault: "nginx-400" });
    expectFault(await launch({ ...at(lab.basic), ...noClient() }, origin.url), "CLIENT_CERT_REQUIRED", 1);
  });

  it("says that the proxy cannot reach the server", async () => {
    await using origin = await lab.origin();
    const { url } = origin;
    await origin.close();
    expectFault(await launch(at(lab.basic), url), "PROXY_BAD_GATEWAY", 1);
  });

  it("says that the proxy of a plain http server refuses the login", async () => {
    const variables = { ...at(lab.basic), ...withLogin(lab.basic, "alice:wrong@") };
    expectFault(await launch(variables, lab.plain.url), "PROXY_AUTH_REJECTED", 1);
  });

  it("says that an inspector strips the certificate", async () => {
    await using origin = await lab.origin({ clientCertificate: "required", name: "inspected.lab.test" });
    expectFault(await launch(at(lab.inspector), origin.url), "CLIENT_CERT_INSPECTED", 1);
  });

  it("a server that closes without an answer is named, and one that takes its time for it is none", async () => {
    await using closes = await lab.origin({ fault: "close-before-answer" });
    expectFault(await launch(at(lab.basic), closes.url), "HTTP_CLOSED", 1);
    await using slow = await lab.origin({ fault: "never-answers" });
    expect(await launch(at(lab.basic), slow.url)).toMatchObject({ exit: 0 });
    expect(existsSync(marker)).toBe(true);
  });

  it("nothing is looked at, and nothing asked for, with --no-check", async () => {
    lab.log.clear();
    const variables = { ...at(lab.basic), HTTPS_PROXY: "http://localhost:1" };
    expect(await launch(variables, lab.mtls.url, ["--no-check"])).toMatchObject({ exit: 0 });
    expect([existsSync(marker), lab.log.events]).toEqual([true, []]);
  });

  it("broken settings are said with --no-check too", async () => {
    const variables = { ...at(lab.basic), CLAUDE_CODE_CLIENT_KEY: "/nonexistent" };
    expectFault(await launch(variables, lab.mtls.url, ["--no-check"]), "KEY_FILE_UNREADABLE", 2);
  });

  it("the URLs that are given are looked at, and ANTHROPIC_BASE_URL is then not", async () => {
    lab.log.clear();
    const ran = await launch(at(lab.basic), lab.mtls.url, ["--check", lab.api.url, "--check", lab.inside.url]);
    expect(ran).toMatchObject({ exit: 0 });
    const hosts = lab.log.of("basic", "connect").map(({ target }) => target.replace(/:\d+$/, ""));
    expect(hosts.sort()).toEqual(["api.lab.test", "intranet.inside.test"]);
  });

  it("a URL that is none is a mistake on the command line", async () => {
    const ran = await launch(at(lab.basic), lab.mtls.url, ["--check", "https//user:plant@x"]);
    expectFault(ran, "CONFIG_INVALID", 2);
    expect(ran.stderr).not.toContain("plant");
  });

  it("the fault is an object where JSON was asked for", async () => {
    const { exit, stdout } = await launch({ ...at(lab.basic), ...noClient() }, lab.mtls.url, ["--json"]);
    expect(exit).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, fault: { code: "CLIENT_CERT_REQUIRED", hop: "target" } });
  });
});

/** What Claude Code alone cannot use. */
describe("a launch succeeds", () => {
  it("through SOCKS with a login", async () => {
    expect(await launch(at(lab.socks), lab.api.url)).toMatchObject({ exit: 0 });
  });

  it("with a PKCS#12 file, whose certificate the gateway presents", async () => {
    const { client, passphrase } = lab.files;
    const pfx = join(lab.directory, "alice.p12");
    const output = ["-out", pfx, "-passout", `pass:${passphrase}`];
    execFileSync("openssl", ["pkcs12", "-export", "-in", client.cert, "-inkey", client.key, ...output]);
    await chmod(pfx, 0o600);
    const own = { SALLYPORT_CLIENT_PFX: pfx, SALLYPORT_CLIENT_KEY_PASSPHRASE: passphrase };
    const { exit, stderr } = await launch({ ...at(lab.strict), ...noClient(), ...own });
    expect([exit, stderr]).toEqual([0, expect.anything()]);
    expect(lab.log.of("mtls.lab.test", "request").at(-1)).toMatchObject({ peer: "alice" });
    expect(stderr).toMatch(
      /^sallyport: through https:\/\/localhost:\d+ \(login alice\), certificate CN=alice for mtls\.lab\.test:\d+, .*; gateway on 127\.0\.0\.1:\d+ \(a client certificate that most programs cannot present; a proxy over TLS/,
    );
  });

  it("with a login that a command gives, which is asked once", async () => {
    const asked = join(lab.directory, "asked");
    const script = join(lab.directory, "password");
    await writeFile(script, `#!/bin/sh\necho asked >> "${asked}"\nprintf '%s' '${lab.login.password}'\n`, {
      mode: 0o700,
    });
    const config = join(lab.directory, "with-command.json");
    const proxy = { url: lab.basic.url, username: lab.login.username, password: { command: [script] } };
    await writeFile(config, JSON.stringify({ proxy }), { mode: 0o600 });
    const variables = { ...at(lab.basic), HTTPS_PROXY: undefined, HTTP_PROXY: undefined, SALLYPORT_CONFIG: config };
    const ran = await launch(variables);
    expect([ran.exit, ran.stderr]).toEqual([0, expect.stringContaining("a secret that a command gives")]);
    expect(await readFile(asked, "utf8")).toBe("asked\n");
  });
});
