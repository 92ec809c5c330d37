import { describe, expect, it } from "vitest";
import { labVariables } from "../../src/lab/index.js";
import { main } from "../../src/cli/main.js";
import { OutputClosed, type Io } from "../../src/cli/terminal/io.js";
import { run } from "./support/run.js";
import { standardLab } from "../support/standard-lab.js";

const lab = await standardLab();

/** Claude Code asks for nothing but its API. */
const quiet = { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1" };
const mtls = "https://mtls.lab.test/";

describe("sallyport doctor", () => {
  it("exits 0 where everything holds", async () => {
    const { exit, stdout, stderr } = await run(["doctor", mtls, "https://api.lab.test/"], {
      variables: labVariables(lab, lab.strict),
      lookup: lab.lookup,
    });
    expect(stdout).toContain("Everything that was checked works.");
    expect(stdout.match(/✓ http /g)).toHaveLength(2);
    expect([exit, stderr]).toEqual([0, ""]);
  });

  it("exits 1 where the network is at fault, 2 where the settings are", async () => {
    const network = await run(["doctor", "--json", "https://api.lab.test/"], { lookup: lab.lookup });
    expect(JSON.parse(network.stdout)).toMatchObject({ ok: false, faults: [{ code: "DNS_NOT_FOUND" }] });
    expect(network.exit).toBe(1);
    const settings = await run(["doctor", "--json", "https://api.lab.test/"], {
      lookup: lab.lookup,
      variables: { NODE_EXTRA_CA_CERTS: "/nonexistent/ca.pem" },
    });
    expect(JSON.parse(settings.stdout)).toMatchObject({
      ok: false,
      faults: [{ code: "CA_FILE_UNREADABLE" }, { code: "DNS_NOT_FOUND" }],
    });
    expect(settings.exit).toBe(2);
  });

  it("looks at ANTHROPIC_BASE_URL where no URL is given", async () => {
    const { stdout } = await run(["doctor", "--json"], {
      lookup: lab.lookup,
      variables: { ...labVariables(lab, lab.strict), ANTHROPIC_BASE_URL: "https://mtls.lab.test/llm", ...quiet },
    });
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      targets: [{ url: "https://mtls.lab.test/llm", purpose: "ANTHROPIC_BASE_URL" }],
    });
  });

  it("names ANTHROPIC_BASE_URL where that is not a URL", async () => {
    const { exit, stderr } = await run(["doctor"], { variables: { ANTHROPIC_BASE_URL: "api.lab.test" } });
    expect(stderr).toMatch(/^error: ANTHROPIC_BASE_URL [^\n]+ \[CONFIG_INVALID\]\nhint: /);
    expect(exit).toBe(2);
  });

  it("takes nothing for a URL that is none", async () => {
    const { exit, stderr } = await run(["doctor", "api.lab.test"]);
    expect(stderr).toMatch(/^error: [^\n]+ \[CONFIG_INVALID\]\nhint: [^\n]*https:\/\//);
    expect(exit).toBe(2);
  });
});

describe("sallyport explain", () => {
  it("says where a URL goes, why, as whom, and who would go elsewhere", async () => {
    const variables = { ...labVariables(lab, lab.strict), NO_PROXY: ".lab.test" };
    const { exit, stdout } = await run(["explain", "https://lab.test/"], { variables, lookup: lab.lookup });
    expect(exit).toBe(0);
    expect(stdout).toMatch(/route +direct\n +NO_PROXY entry "\.lab\.test" matches/);
    expect(stdout).toMatch(/identity +CN=alice, O=Lab/);
    // Go and its kin take a leading dot for sub-domains alone.
    expect(stdout).toMatch(/Go net\/http[^\n]*: through\s+https:\/\/localhost:\d+/);
    expect(stdout).not.toMatch(/^ +curl 8:/m);
    expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  it("tells the one NO_PROXY value that all readers take alike, and nothing of it where they do already", async () => {
    const proxies = { HTTPS_PROXY: "http://proxy.test:3128", https_proxy: "http://proxy.test:3128" };
    const ask = (noProxy: string) =>
      run(["explain", "https://api.corp.test/"], { variables: { ...proxies, NO_PROXY: noProxy, no_proxy: noProxy } });
    const { stdout } = await ask("*.corp.test");
    expect(stdout).toMatch(/^ {2}NO_PROXY {2}for this URL, .*go this way by:\n {12}\.corp\.test,\*\.corp\.test\n/ms);
    expect(stdout).toMatch(/curl\b[^:]*: through http:\/\/proxy\.test:3128/);
    const [, value = ""] = /go this way by:\n +(\S+)$/m.exec(stdout) ?? [];
    const after = await ask(value);
    expect(after.stdout).not.toMatch(/curl\b[^:]*: through|go this way by/);
  });

  it("lists all proxy-environment models under --json, with whether they agree", async () => {
    const { stdout } = await run(["explain", "--json", "https://lab.test/"], {
      variables: { HTTPS_PROXY: "http://alice:tulip7@localhost:1", NO_PROXY: ".lab.test" },
    });
    const { models } = JSON.parse(stdout) as { models: { id: string; agrees: boolean; outcome: string }[] };
    expect(models.find(({ id }) => id === "go")).toMatchObject({
      agrees: false,
      outcome: "proxy",
      proxy: "http://localhost:1",
    });
    expect(models.find(({ id }) => id === "curl")).toMatchObject({ agrees: true, outcome: "direct" });
    expect(stdout).not.toContain("tulip7");
  });

  it("connects to nothing", async () => {
    lab.log.clear();
    await run(["explain", mtls], { variables: labVariables(lab, lab.strict), lookup: lab.lookup });
    expect(lab.log.events).toEqual([]);
  });

  it("exits 2 where a setting is unusable, and explains what is left", async () => {
    const { exit, stdout } = await run(["explain", mtls], {
      variables: { ...labVariables(lab, lab.strict), CLAUDE_CODE_CLIENT_KEY: "/nonexistent/key" },
      lookup: lab.lookup,
    });
    expect(stdout).toMatch(/^error: [^\n]*CLAUDE_CODE_CLIENT_KEY/m);
    expect(stdout).toMatch(/route +through https:\/\/localhost/);
    expect(exit).toBe(2);
  });
});

describe("sallyport lab", () => {
  it("prints what is where and lines to paste, until Ctrl-C", async () => {
    const interrupt = new AbortController();
    const { exit, stdout } = await run(["lab"], { signal: interrupt.signal, onOutput: () => interrupt.abort() });
    expect(exit).toBe(130);
    expect(stdout).toMatch(/^export HTTPS_PROXY='https:\/\/alice:/m);
    expect(stdout).toMatch(/^export CLAUDE_CODE_CLIENT_CERT='/m);
    expect(stdout).toMatch(/^ {2}https:\/\/mtls\.lab\.test:\d+ +requires a client certificate$/m);
  });

  it("runs a command inside, with the lab's variables and no proxy of the user's, and gives its exit status", async () => {
    const script =
      "process.exit(process.env.HTTPS_PROXY.startsWith('https://alice') && process.env.https_proxy === undefined && require('fs').existsSync(process.env.CLAUDE_CODE_CLIENT_CERT) ? 7 : 1)";
    const { exit } = await run(["lab", "--", process.execPath, "-e", script], {
      variables: { https_proxy: "http://elsewhere:1", PATH: "/usr/bin:/bin" },
    });
    expect(exit).toBe(7);
  });

  it("says that a command cannot be started", async () => {
    const { exit, stderr } = await run(["lab", "--", "/nonexistent/program"], { variables: { PATH: "" } });
    expect(stderr).toMatch(/^error: [^\n]+\nhint: [^\n]+\n$/);
    expect(exit).toBe(2);
  });
});

describe("the frame of all commands", () => {
  it("prints the version", async () => {
    expect(await run(["--version"])).toEqual({ exit: 0, stdout: "1.2.3\n", stderr: "" });
  });

  it("shows the help where nothing is asked", async () => {
    const { exit, stdout } = await run([]);
    expect(stdout).toMatch(/^Usage: sallyport /);
    expect(exit).toBe(0);
  });

  for (const command of ["fetch", "explain", "doctor", "lab", "demo"]) {
    it(`${command} --help lists options, examples and exit codes`, async () => {
      const { exit, stdout, stderr } = await run([command, "--help"]);
      expect([exit, stderr]).toEqual([0, ""]);
      expect(stdout).toMatch(/^Examples:\n {2}\S/m);
      expect(stdout).toMatch(/^Exit codes:\n {2}0 {2}fine$/m);
      expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
      await expect(stdout).toMatchFileSnapshot(`transcripts/${command}-help.txt`);
    });
  }

  it("colours a terminal, and neither a pipe, nor under NO_COLOR, nor under --no-color", async () => {
    const escape = "\u001b[";
    const ask = (argv: readonly string[], isTTY: boolean, variables: Record<string, string> = {}) =>
      run(["explain", ...argv, "https://api.lab.test/"], { isTTY, variables });
    expect((await ask([], true)).stdout).toContain(escape);
    expect((await ask([], false)).stdout).not.toContain(escape);
    expect((await ask([], true, { NO_COLOR: "1" })).stdout).not.toContain(escape);
    expect((await ask(["--no-color"], true)).stdout).not.toContain(escape);
  });

  it("calls a defect of its own one, without the message, which may hold anything; the stack is for SALLYPORT_DEBUG=1", async () => {
    const broken = (variables: Record<string, string>): Promise<[number, string]> => {
      let stderr = "";
      const io: Io = {
        stdout: { isTTY: false, write: () => Promise.reject(new TypeError("secret tulip7")) },
        stderr: { isTTY: false, write: (chunk) => Promise.resolve(void (stderr += Buffer.from(chunk).toString())) },
        stdin: (async function* () {})(),
        variables: { HOME: "/nonexistent", ...variables },
        signal: new AbortController().signal,
      };
      return main(["--help"], io).then((exit) => [exit, stderr]);
    };
    const [exit, stderr] = await broken({});
    expect(stderr).toMatch(/^error: internal: an unexpected TypeError\nhint: [^\n]+\n$/);
    expect(exit).toBe(3);
    const [, loud] = await broken({ SALLYPORT_DEBUG: "1" });
    expect(loud).toMatch(/^\s+at /m);
    expect(stderr + loud).not.toContain("tulip7");
  });

  it("ends quietly when nobody reads its output any more", async () => {
    let stderr = "";
    const exit = await main(["--help"], {
      stdout: { isTTY: false, write: () => Promise.reject(new OutputClosed("nobody reads")) },
      stderr: { isTTY: false, write: (chunk) => Promise.resolve(void (stderr += Buffer.from(chunk).toString())) },
      stdin: (async function* () {})(),
      variables: { HOME: "/nonexistent" },
      signal: new AbortController().signal,
    });
    expect([exit, stderr]).toEqual([0, ""]);
  });
});
