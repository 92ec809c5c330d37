import { execFile } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { inspect, promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { gatherContext, loadContext } from "../clients/index.js";
import type { DialContext } from "../dial/types.js";
import { ownFolder } from "../../test/support/own-folder.js";
import { createSystem } from "../env/index.js";
import { startLab, type Lab } from "../lab/index.js";
import { childEnvironment } from "./child-environment.js";
import type { ChildEnvironmentOptions } from "./types.js";

const preload = "/opt/register.cjs";
const gateway = {
  proxyUrl: "http://sallyport:token@127.0.0.1:8888",
  socksUrl: "socks5h://sallyport:token@127.0.0.1:8888",
  authority: "-----BEGIN CERTIFICATE-----\nR0FURVdBWQ==\n-----END CERTIFICATE-----\n",
};

const home = ownFolder("home");
writeFileSync(join(home, ".wgetrc"), "tries = 3");

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.close());

afterEach(() => vi.unstubAllEnvs());

const certificate = (): Record<string, string> => ({
  CLAUDE_CODE_CLIENT_CERT: lab.files.client.cert,
  CLAUDE_CODE_CLIENT_KEY: lab.files.client.encryptedKey,
  CLAUDE_CODE_CLIENT_KEY_PASSPHRASE: lab.files.passphrase,
});

async function contextOf(variables: Record<string, string>): Promise<DialContext> {
  return loadContext({ source: { variables: { HOME: home, ...variables } }, stores: ["bundled"] });
}

async function environmentOf(
  variables: Record<string, string>,
  options: Omit<ChildEnvironmentOptions, "context" | "variables"> = {},
): ReturnType<typeof childEnvironment> {
  const context = await contextOf(variables);
  return childEnvironment({ context, variables: { HOME: home, ...variables }, preload, ...options });
}

interface RunJson {
  readonly set: Record<string, string>;
  readonly restore: Record<string, string | null>;
  readonly options?: Record<string, unknown>;
}

const runJson = async (path: string | undefined): Promise<RunJson> =>
  JSON.parse(await readFile(path ?? "", "utf8")) as RunJson;

const proxy = "http://alice:p%40ss@proxy.test:3128";

describe("the environment of a child", () => {
  it("is what this process has, with the way out by the policy", async () => {
    await using made = await environmentOf({ HTTPS_PROXY: proxy, ALL_PROXY: "socks5://other.test", EDITOR: "ed" });
    expect(made.variables).toMatchObject({ EDITOR: "ed", HOME: home, https_proxy: proxy, HTTPS_PROXY: proxy });
    expect(made.variables).not.toHaveProperty("ALL_PROXY");
    expect(made.removed).toEqual(["ALL_PROXY"]);
  });

  it("hands on neither a gateway's token nor what `sallyport env` has put aside", async () => {
    const put = {
      SALLYPORT_GATEWAY: "http://sallyport:planted-token@127.0.0.1:9",
      SALLYPORT_OLD_HTTPS_PROXY: "http://alice:planted-password@old.test",
    };
    await using made = await environmentOf({ HTTPS_PROXY: proxy, ...put });
    expect(made.removed).toEqual(Object.keys(put));
    expect(JSON.stringify(made.variables)).not.toContain("planted");
    expect(JSON.stringify(await runJson(made.variables["SALLYPORT_RUN"]))).not.toContain("planted");
  });

  it("says what to do where no temporary folder can be made", async () => {
    vi.stubEnv("TMPDIR", join(home, "missing"));
    await expect(environmentOf({ HTTPS_PROXY: proxy })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(join(home, "missing")) as string,
      remedy: expect.stringContaining("TMPDIR") as string,
    });
  });

  it("puts its files into a folder that nobody else can read, and takes them away again", async () => {
    const made = await environmentOf({ HTTPS_PROXY: proxy, NODE_EXTRA_CA_CERTS: lab.files.rootCa });
    expect((await stat(made.directory)).mode & 0o777).toBe(0o700);
    const files = await readdir(made.directory);
    for (const file of files) expect((await stat(join(made.directory, file))).mode & 0o777).toBe(0o600);
    // Root's apt has its own in a folder that others can read.
    expect(files.filter((name) => name !== "apt.conf").sort()).toEqual([
      "authorities.pem",
      "extra-authorities.pem",
      "java-options",
      "php.ini",
      "run.json",
      "truststore.p12",
      "wgetrc",
    ]);
    await made[Symbol.asyncDispose]();
    expect(existsSync(made.directory)).toBe(false);
  });

  it("leaves no folder behind when a secret cannot be had", async () => {
    vi.stubEnv("TMPDIR", home);
    const context = await loadContext({
      source: { variables: { HOME: home } },
      stores: ["bundled"],
      proxy: { url: "http://proxy.test", username: "alice", password: { file: "/nonexistent" } },
    });
    await expect(childEnvironment({ context, variables: {}, preload })).rejects.toMatchObject({
      code: "SECRET_COMMAND_FAILED",
    });
    expect(await readdir(home)).toEqual([".wgetrc"]);
  });

  it("adds the extra authorities to Node's own, and puts everything where a variable replaces", async () => {
    await using made = await environmentOf({ NODE_EXTRA_CA_CERTS: lab.files.rootCa });
    const root = (await readFile(lab.files.rootCa, "utf8")).replace(/\s/g, "");
    const extra = await readFile(made.variables["NODE_EXTRA_CA_CERTS"] ?? "", "utf8");
    const merged = await readFile(made.variables["SSL_CERT_FILE"] ?? "", "utf8");
    expect(extra.replace(/\s/g, "")).toBe(root);
    expect(merged.replace(/\s/g, "")).toContain(root);
    expect(merged.match(/BEGIN CERTIFICATE/g)?.length).toBeGreaterThan(100);
  });

  it("gives apt and PHP the authorities beside what the user has told them, and takes all files away again", async () => {
    const variables = { HTTPS_PROXY: proxy, NODE_EXTRA_CA_CERTS: lab.files.rootCa };
    const made = await environmentOf({ ...variables, APT_CONFIG: "/mine/apt.conf", PHP_INI_SCAN_DIR: "/mine" });
    const { APT_CONFIG: apt = "", PHP_INI_SCAN_DIR: php } = made.variables;
    expect(php).toBe(`/mine:${made.directory}`);
    const [include, file] = (await readFile(apt, "utf8")).split("\n");
    expect(include).toBe('#include "/mine/apt.conf";');
    const authorities = /^Acquire::https::CAInfo "(.*)";$/.exec(file ?? "")?.[1] ?? "";
    const isRoot = process.getuid?.() === 0;
    expect((await stat(authorities)).mode & 0o777).toBe(isRoot ? 0o644 : 0o600);
    expect((await stat(dirname(authorities))).mode & 0o777).toBe(isRoot ? 0o755 : 0o700);
    await made[Symbol.asyncDispose]();
    expect([made.directory, apt, authorities].filter((path) => existsSync(path))).toEqual([]);
    await using other = await environmentOf(variables);
    expect(other.variables["PHP_INI_SCAN_DIR"]).toBe(`:${other.directory}`);
    await using none = await environmentOf({ ...variables, PHP_INI_SCAN_DIR: "" });
    expect(none.variables["PHP_INI_SCAN_DIR"]).toBe(none.directory);
  });

  it("tells Maven to look at Java's properties, behind its options, where there is a proxy", async () => {
    await using made = await environmentOf({ HTTPS_PROXY: proxy, MAVEN_OPTS: "-Xmx1g" });
    expect(made.variables["MAVEN_OPTS"]).toBe("-Xmx1g -Daether.connector.http.useSystemProperties=true");
    await using direct = await environmentOf({ MAVEN_OPTS: "-Xmx1g" });
    expect(direct.variables["MAVEN_OPTS"]).toBe("-Xmx1g");
  });

  it("keeps the user's wgetrc, with the authorities as its last line", async () => {
    await using made = await environmentOf({});
    const text = await readFile(made.variables["WGETRC"] ?? "", "utf8");
    expect(text).toBe(`tries = 3\nca_certificate = ${made.variables["SSL_CERT_FILE"]}\n`);
  });

  it("gives Claude Code the certificate that is meant for all hosts, whatever named it", async () => {
    const { client, passphrase } = lab.files;
    await using made = await environmentOf({
      SALLYPORT_CLIENT_CERT: client.cert,
      SALLYPORT_CLIENT_KEY: client.encryptedKey,
      SALLYPORT_CLIENT_KEY_PASSPHRASE: passphrase,
    });
    expect(made.variables).toMatchObject(certificate());
  });

  it("changes nothing but NODE_OPTIONS where the preload alone is asked for", async () => {
    await using made = await environmentOf({ ALL_PROXY: proxy }, { parts: "preload" });
    expect(made.changes.map(({ name }) => name)).toEqual(["NODE_OPTIONS", "SALLYPORT_RUN"]);
    expect(made.variables).toMatchObject({ ALL_PROXY: proxy, NODE_OPTIONS: `--require "${preload}"` });
    expect(await runJson(made.variables["SALLYPORT_RUN"])).toMatchObject({ restore: { NODE_OPTIONS: null } });
  });

  it("sets no preload where variables alone are asked for", async () => {
    await using made = await environmentOf({ HTTPS_PROXY: proxy }, { parts: "env" });
    expect(made.variables).toMatchObject({ HTTPS_PROXY: proxy, NODE_USE_ENV_PROXY: "1" });
    expect(made.variables).not.toHaveProperty("NODE_OPTIONS");
    expect(made.variables).not.toHaveProperty("SALLYPORT_RUN");
  });

  it("refuses to send a child direct where a PAC file chooses the proxy", async () => {
    await expect(environmentOf({ SALLYPORT_PAC_URL: "http://proxy.test/proxy.pac" })).rejects.toMatchObject({
      code: "PROXY_SCHEME_UNSUPPORTED",
    });
  });

  it("and where two proxies stand in a chain, of which a variable could name one alone", async () => {
    const config = join(home, "chain.json");
    await writeFile(config, JSON.stringify({ proxy: ["http://one.test:1", "http://two.test:2"] }));
    await expect(environmentOf({ SALLYPORT_CONFIG: config })).rejects.toThrow("several proxies in a chain");
  });
});

describe("beside a gateway", () => {
  const variables = (): Record<string, string> => ({ HTTPS_PROXY: proxy, NO_PROXY: "corp.example", ...certificate() });

  it("sends everything there but loopback", async () => {
    await using made = await environmentOf(variables(), { gateway });
    expect(made.variables).toMatchObject({ HTTPS_PROXY: gateway.proxyUrl, http_proxy: gateway.proxyUrl });
    expect(made.variables["NO_PROXY"]).toMatch(/^localhost,/);
    expect(made.variables["NO_PROXY"]).not.toContain("corp.example");
  });

  it("has children trust the authority that the gateway made", async () => {
    await using made = await environmentOf(variables(), { gateway });
    for (const name of ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"])
      expect(await readFile(made.variables[name] ?? "", "utf8")).toContain("R0FURVdBWQ==");
  });

  it("keeps the certificate and its passphrase to the gateway, which presents it", async () => {
    const { cert, key } = lab.files.client;
    const forProxy = { SALLYPORT_PROXY_CLIENT_CERT: cert, SALLYPORT_PROXY_CLIENT_KEY: key };
    await using made = await environmentOf({ ...variables(), ...forProxy }, { gateway });
    expect(Object.keys(made.variables).filter((name) => name.includes("CLIENT"))).toEqual([]);
    expect(JSON.stringify(made.variables)).not.toContain(lab.files.passphrase);
  });

  it("leaves the certificate to the child where the gateway opens nothing", async () => {
    await using made = await environmentOf(variables(), { gateway: { ...gateway, authority: undefined } });
    expect(made.variables).toMatchObject(certificate());
  });

  it("keeps a certificate whose passphrase a command gave, since nobody else has it and nobody is asked again", async () => {
    const { client, passphrase } = lab.files;
    let asked = 0;
    const own = { HOME: home, CLAUDE_CODE_CLIENT_CERT: client.cert, CLAUDE_CODE_CLIENT_KEY: client.encryptedKey };
    const run = (): Promise<string> => Promise.resolve((asked++, passphrase));
    const options = { source: { variables: own }, stores: ["bundled"], passphrase: { command: "ask" } } as const;
    const context = await loadContext({ ...options, system: createSystem({ run }) });
    await using made = await childEnvironment({
      context,
      variables: own,
      preload,
      gateway: { ...gateway, authority: undefined },
    });
    expect(Object.keys(made.variables).filter((name) => name.includes("CLIENT"))).toEqual([]);
    expect(asked).toBe(1);
  });

  it("lets Node children have back what their own dialling needs", async () => {
    await using made = await environmentOf({ ...variables(), NODE_OPTIONS: "--trace-warnings" }, { gateway });
    const { set, restore } = await runJson(made.variables["SALLYPORT_RUN"]);
    expect(restore).toMatchObject({ ...variables(), https_proxy: null, SSL_CERT_FILE: null });
    expect(set).toMatchObject({ HTTPS_PROXY: gateway.proxyUrl });
    // Taken out: it counts as untouched as long as it is missing.
    expect(set).not.toHaveProperty("CLAUDE_CODE_CLIENT_KEY_PASSPHRASE");
  });

  it("has what was given in code for Node children, as it holds in any directory", async () => {
    const own = { HOME: home, MYTOOL_SECRET: "planted", HTTPS_PROXY: proxy };
    const options = {
      prefix: "MYTOOL",
      proxy: { url: "http://code.test:1", username: "alice", password: { variable: "MYTOOL_SECRET" } },
      pfx: "certificates/alice.p12",
      stores: ["bundled"],
      timeouts: { tcp: 1234 },
    } as const;
    const context = await gatherContext({ ...options, source: { variables: own } });
    await using made = await childEnvironment({ context, variables: own, preload, gateway });
    const { set, ...file } = await runJson(made.variables["SALLYPORT_RUN"]);
    const given = { url: "http://code.test:1", username: "alice", password: "planted" };
    expect(file).toMatchObject({
      prefix: "MYTOOL",
      restore: { HTTPS_PROXY: proxy },
      options: {
        httpsProxy: given,
        httpProxy: given,
        pfx: join(process.cwd(), "certificates/alice.p12"),
        stores: ["bundled"],
        timeouts: { tcp: 1234 },
      },
      // Whoever sets one of these for a program means it.
      variables: { httpsProxy: ["HTTPS_PROXY", "https_proxy"], stores: ["MYTOOL_CERT_STORE"] },
    });
    expect(set).toMatchObject({ HTTPS_PROXY: gateway.proxyUrl });
    expect(JSON.stringify(context.policy) + inspect(context.policy, { depth: 9, showHidden: true })).not.toContain(
      "planted",
    );
  });

  it("asks for a passphrase from a command once, and not in each child", async () => {
    const { client, passphrase } = lab.files;
    const run = (): Promise<string> => Promise.resolve(passphrase);
    const own = { HOME: home };
    const context = await loadContext({
      source: { variables: own },
      stores: ["bundled"],
      cert: client.cert,
      key: client.encryptedKey,
      passphrase: { command: "ask" },
      system: createSystem({ run }),
    });
    await using made = await childEnvironment({ context, variables: own, preload, parts: "preload" });
    expect((await runJson(made.variables["SALLYPORT_RUN"])).options).toMatchObject({ passphrase });
  });

  it("sends Node children to the gateway too where a command gave a secret, and keeps them from the settings", async () => {
    const context = await loadContext({
      source: { variables: { HOME: home } },
      stores: ["bundled"],
      proxy: { url: "http://proxy.test", username: "alice", password: { command: ["echo", "x"] } },
    });
    const own = { SALLYPORT_CONFIG: "/etc/own.json", SALLYPORT_RUN: "/tmp/outer/run.json" };
    await using made = await childEnvironment({ context, variables: own, preload, gateway });
    expect(made.variables).toMatchObject({ NODE_OPTIONS: `--require "${preload}"`, HTTPS_PROXY: gateway.proxyUrl });
    expect(made.variables).not.toHaveProperty("SALLYPORT_RUN");
    expect(JSON.parse(await readFile(made.variables["SALLYPORT_CONFIG"] ?? "", "utf8"))).toEqual({});
  });
});

describe("NODE_OPTIONS that Node stops reading", () => {
  it.each([
    "undefined",
    "'--max-old-space-size=4096'",
    "app.js",
    '"--no-warnings"',
    "--no-warnings undefined",
    "-",
    '""',
  ])("loads the preload all the same: %s", async (existing) => {
    const folder = await mkdtemp(join(tmpdir(), "sallyport-"));
    try {
      const file = join(folder, "preload.cjs");
      await writeFile(file, 'process.stdout.write("loaded ");');
      await using made = await environmentOf({ NODE_OPTIONS: existing }, { parts: "preload", preload: file });
      const { stdout } = await promisify(execFile)(process.execPath, ["-e", ""], { env: made.variables });
      expect(stdout).toBe("loaded ");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("NODE_OPTIONS as it is quoted", () => {
  it("is understood by Node, whatever the path holds", async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sallyport "q" \\ '));
    try {
      const file = join(folder, "it's loaded.cjs");
      await writeFile(file, 'process.stdout.write("loaded ");');
      await using made = await environmentOf({ NODE_OPTIONS: "--no-warnings" }, { parts: "preload", preload: file });
      const { stdout } = await promisify(execFile)(process.execPath, ["-e", ""], { env: made.variables });
      expect(stdout).toBe("loaded ");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
