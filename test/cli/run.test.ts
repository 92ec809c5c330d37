import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { labVariables } from "../../src/lab/index.js";
import { certificateFlags } from "./support/lab-flags.js";
import { run, type Ran } from "./support/run.js";
import { printedRun } from "./support/run-schema.js";
import { standardLab } from "../support/standard-lab.js";

const lab = await standardLab();

const path = { PATH: process.env["PATH"] ?? "" };
const inLab = (argv: readonly string[], variables: Record<string, string>): Promise<Ran> =>
  run(argv, { variables: { ...path, ...variables }, lookup: lab.lookup });

/** NAME=value lines, without what stands behind them. */
function assignments(stdout: string): Record<string, string> {
  const lines = stdout.split("\n").filter((line) => line.includes("="));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf("=")), line.replace(/ {2}# .*$/, "").slice(line.indexOf("=") + 1)]),
  );
}

describe("run --print", () => {
  it("shows the variables and who reads them, launches nothing and connects to nothing", async () => {
    lab.log.clear();
    const { exit, stdout, stderr } = await inLab(
      ["run", "--print", "--", "no-such-command"],
      labVariables(lab, lab.basic),
    );
    expect([exit, stderr, lab.log.events]).toEqual([0, "", []]);
    // The proxy's own login is in no variable.
    expect(stdout).toMatch(/^HTTPS_PROXY=http:\/\/\*\*\*@127\.0\.0\.1:\d+ {2}# nearly every program, for https$/m);
    expect(stdout).not.toContain(`:${lab.basic.port}`);
    expect(assignments(stdout)).toMatchObject({ CLAUDE_CODE_CLIENT_KEY_PASSPHRASE: "[secret]" });
  });

  it("shows what is taken out, and no login, token or passphrase, beside a gateway too", async () => {
    const { stdout } = await inLab(
      ["run", "--print", "--intercept", "mtls.lab.test", "--", "x"],
      labVariables(lab, lab.strict),
    );
    expect(stdout).toMatch(/^HTTPS_PROXY=http:\/\/\*\*\*@127\.0\.0\.1:\d+ /m);
    expect(stdout).toMatch(/^CLAUDE_CODE_CLIENT_KEY_PASSPHRASE {2}# taken out$/m);
    const { login, files } = lab;
    for (const secret of [login.password, encodeURIComponent(login.password), files.passphrase])
      expect(stdout).not.toContain(secret);
    expect(stdout.match(/:\/\/[^*\s]+@/g)).toBeNull();
  });

  it("leaves no folder behind", async () => {
    const { stdout } = await inLab(["run", "--print", "--", "x"], labVariables(lab, lab.basic));
    const bundle = assignments(stdout)["SSL_CERT_FILE"] ?? "";
    expect([bundle, existsSync(bundle)]).toEqual([expect.stringContaining("sallyport-"), false]);
  });

  it("follows schema/run.json with --json", async () => {
    const plain = await inLab(["run", "--print", "--json", "--", "x"], labVariables(lab, lab.inspector));
    expect(printedRun.parse(JSON.parse(plain.stdout))).toMatchObject({ preload: "dials", gateway: null, removed: [] });
    // Its name before, which still works.
    const open = ["--open", "mtls.lab.test"];
    const gated = await inLab(["run", "--print", "--json", ...open, "--", "x"], labVariables(lab, lab.socks));
    expect(printedRun.parse(JSON.parse(gated.stdout)).gateway).toMatchObject({
      intercept: ["mtls.lab.test"],
      reasons: [{ kind: "client-certificate" }, { kind: "socks" }],
    });
    expect(gated.stdout).not.toContain(encodeURIComponent(lab.login.password));
  });

  it("has the host of ANTHROPIC_BASE_URL opened, where a certificate is configured", async () => {
    const variables = { ...labVariables(lab, lab.basic), ANTHROPIC_BASE_URL: "https://gw.lab.test/v1" };
    const { stdout } = await inLab(["run", "--print", "--json", "--", "claude"], variables);
    expect(printedRun.parse(JSON.parse(stdout)).gateway?.intercept).toEqual(["gw.lab.test"]);
  });
});

describe("run --only", () => {
  const printed = async (part: string, variables = labVariables(lab, lab.socks)): Promise<Record<string, string>> =>
    assignments((await inLab(["run", "--print", "--only", part, "--", "x"], variables)).stdout);

  it("preload sets nothing but what Node needs", async () => {
    expect(Object.keys(await printed("preload"))).toEqual(["NODE_OPTIONS", "SALLYPORT_RUN"]);
  });

  it("env names the proxy itself, and sets no preload", async () => {
    const made = await printed("env");
    expect(made["HTTPS_PROXY"]).toBe(`socks5h://***@localhost:${lab.socks.port}`);
    expect(made).not.toHaveProperty("NODE_OPTIONS");
  });

  it("gateway starts one where none were needed, and sets no preload", async () => {
    const made = await printed("gateway", labVariables(lab, lab.basic));
    expect(made["HTTPS_PROXY"]).toMatch(/^http:\/\/\*\*\*@127\.0\.0\.1:\d+$/);
    expect(made).not.toHaveProperty("NODE_OPTIONS");
  });

  it("anything else is a mistake", async () => {
    expect(await run(["run", "--only", "proxy", "--", "x"])).toMatchObject({ exit: 2, stdout: "" });
  });
});

describe("run's check of NODE_OPTIONS", () => {
  const marked = [
    "run",
    "--",
    process.execPath,
    "-e",
    'process.exit(Symbol.for("sallyport.register") in globalThis ? 42 : 43)',
  ];

  it("names the word with which Node would not start, and starts nothing", async () => {
    const { exit, stdout, stderr } = await inLab(marked, { NODE_OPTIONS: "--no-warnings --nonsense" });
    expect([exit, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(
      /^error: Node does not start with NODE_OPTIONS as it is: --nonsense is not allowed .*\nhint: /,
    );
    expect((await inLab(["run", "--no-check", ...marked.slice(1)], { NODE_OPTIONS: "--nonsense" })).exit).toBe(9);
  });

  it.each(["undefined", "'--max-old-space-size=4096'", "--no-warnings undefined"])(
    "loads the preload although Node stops reading at %s",
    async (NODE_OPTIONS) => {
      expect(await inLab(marked, { NODE_OPTIONS })).toMatchObject({ exit: 42 });
    },
  );
});

describe("run's command line", () => {
  it("needs a command", async () => {
    const { exit, stderr } = await run(["run"]);
    expect([exit, stderr]).toEqual([
      2,
      expect.stringMatching(/^error: .*command.*\nhint: see sallyport run --help\n$/),
    ]);
  });

  it("has a help with examples and exit codes", async () => {
    const { exit, stdout, stderr } = await run(["run", "--help"]);
    expect([exit, stderr]).toEqual([0, ""]);
    expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
    await expect(stdout).toMatchFileSnapshot("transcripts/run-help.txt");
  });

  it("opens no host without a certificate, and says which setting is missing", async () => {
    const { exit, stderr } = await run(["run", "--intercept", "a.example", "--", "true"], { variables: path });
    expect([exit, stderr]).toEqual([2, expect.stringContaining("SALLYPORT_CLIENT_CERT")]);
  });

  it("takes the command's exit status for its own", async () => {
    expect(await run(["run", "--", "sh", "-c", "exit 42"], { variables: path })).toMatchObject({
      exit: 42,
      stdout: "",
    });
  });

  it("tells in one line how the command gets out", async () => {
    const summary = (port: number, login: string): string =>
      `sallyport: through http://localhost:${port}${login}, certificate CN=alice for programs that can present it, 2 extra authorities`;
    const none = await inLab(["run", "--", "true"], labVariables(lab, lab.inspector));
    expect(none.stderr).toBe(`${summary(lab.inspector.port, "")}\n`);
    const open = process.platform === "linux" ? ", open to this user's programs" : "";
    for (const [flags, said] of [
      [[], open],
      [["--require-token"], ""],
    ] as const) {
      const { stderr } = await inLab(["run", ...flags, "--", "true"], labVariables(lab, lab.basic));
      const reason = "a login that some programs cannot present, and others show to servers";
      expect(stderr.replace(/127\.0\.0\.1:\d+/, "PORT")).toBe(
        `${summary(lab.basic.port, " (login alice)")}; gateway on PORT (${reason})${said}\n`,
      );
    }
  });

  it("ends the command when an embedding program aborts", async () => {
    const controller = new AbortController();
    const ready = join(lab.directory, "ready");
    const ended = run(["run", "--", "sh", "-c", `touch '${ready}'; exec sleep 60`], {
      variables: path,
      signal: controller.signal,
    });
    while (!existsSync(ready)) await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    expect((await ended).exit).toBe(130);
  });
});

describe("what flags say", () => {
  it("holds for Node children as well, whatever directory they are in, and wins over variables", async () => {
    const { client, passphrase, bundle } = lab.files;
    const copy = join(lab.directory, "run-settings.json");
    const secret = join(lab.directory, "passphrase");
    await writeFile(secret, `${passphrase}\n`, { mode: 0o600 });
    // Not asked to reach anything: what the preload will read is looked at.
    const flags = [...certificateFlags(lab), "--passphrase-file", secret];
    const proxy = ["--proxy", lab.basic.urlWithLogin, "--no-proxy", "a.example", "--strict"];
    const show = ["sh", "-c", `cp "$SALLYPORT_RUN" '${copy}'`];
    const variables = {
      HTTPS_PROXY: "http://other.test:1",
      https_proxy: "http://other.test:1",
      SALLYPORT_CA_CERTS: lab.files.rootCa,
    };
    const ran = await inLab(["run", ...proxy, ...flags, "--", ...show], variables);
    expect(ran).toMatchObject({ exit: 0 });
    const { restore, options } = JSON.parse(await readFile(copy, "utf8")) as Record<string, Record<string, unknown>>;
    expect(options).toEqual({
      httpsProxy: lab.basic.urlWithLogin,
      httpProxy: lab.basic.urlWithLogin,
      noProxy: "a.example",
      ca: [bundle],
      cert: client.cert,
      key: client.encryptedKey,
      passphrase: { file: secret },
      strict: true,
    });
    // What a flag does not replace counts as it was.
    expect(restore).not.toHaveProperty("SALLYPORT_CA_CERTS");
    expect(restore).toMatchObject({ HTTPS_PROXY: "http://other.test:1" });
  });
});

describe("after a command that failed", () => {
  it("what the gateway met is told, since the command may have said little of it", async () => {
    await using origin = await lab.origin({ name: "gone.lab.test" });
    const { url } = origin;
    await origin.close();
    const ran = await inLab(["run", "--", "curl", "-s", url], labVariables(lab, lab.socks));
    expect(ran.exit).not.toBe(0);
    expect(ran.stderr).toMatch(/\nerror: [^\n]*gone\.lab\.test[^\n]* \[SOCKS_REFUSED\]\nhint: [^\n]+\n$/);
  });
});
