import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { labVariables, startStandardLab, type LabEcho, type StandardLab } from "../../src/lab/index.js";
import { run, type Ran, type Surroundings } from "./support/run.js";

let lab: StandardLab;
let url: string;
beforeAll(async () => {
  lab = await startStandardLab();
  url = `https://${lab.api.name}`;
});
beforeEach(() => lab.log.clear());
afterAll(() => lab.close());

function fetch(argv: readonly string[], more: Surroundings = {}): Promise<Ran> {
  return run(["fetch", ...argv], { lookup: lab.lookup, variables: labVariables(lab, lab.basic), ...more });
}

async function echo(argv: readonly string[], more: Surroundings = {}): Promise<LabEcho> {
  const { stdout, stderr } = await fetch([...argv, `${url}/echo`], more);
  expect(stderr).toBe("");
  return JSON.parse(stdout) as LabEcho;
}

describe("sallyport fetch", () => {
  it("prints the body alone, through the proxy that the variables name", async () => {
    expect(await echo([])).toMatchObject({ origin: "api.lab.test", method: "GET", url: "/echo" });
    expect(lab.log.of("basic", "connect")).toMatchObject([{ target: "api.lab.test:443", status: 200 }]);
  });

  it("takes method, headers and a body, and sends the body byte for byte", async () => {
    const seen = await echo(["-X", "PUT", "-H", "content-type: text/plain", "-H", "X-One: 1", "-d", "two\nlines\n"]);
    expect(seen).toMatchObject({
      method: "PUT",
      headers: { "content-type": "text/plain", "x-one": "1" },
      body: { length: 10 },
    });
  });

  it("sends a login of the URL as a header, as curl does", async () => {
    const { stdout } = await fetch(["https://alice:tulip%2F7@api.lab.test/echo"]);
    expect(JSON.parse(stdout)).toMatchObject({
      url: "/echo",
      headers: { authorization: `Basic ${btoa("alice:tulip/7")}` },
    });
  });

  it("reads the body from a file or from stdin", async () => {
    const size = (await readFile(lab.files.rootCa)).length;
    expect(await echo(["-d", `@${lab.files.rootCa}`])).toMatchObject({ method: "POST", body: { length: size } });
    expect(await echo(["-d", "@-"], { stdin: "from stdin" })).toMatchObject({ method: "POST", body: { length: 10 } });
  });

  it("says which --data file cannot be read", async () => {
    const { exit, stderr } = await fetch(["-d", "@/nonexistent/body", url]);
    expect(stderr).toMatch(/^error: --data @\/nonexistent\/body cannot be read \(ENOENT\) \[CONFIG_INVALID\]\nhint: /);
    expect(exit).toBe(2);
  });

  it("exits 0 for a status of 500, and 1 under --fail; the body is printed either way", async () => {
    const plain = await fetch([`${url}/status/500`]);
    expect([plain.exit, plain.stdout.length > 0]).toEqual([0, true]);
    const failing = await fetch(["--fail", `${url}/status/500`]);
    expect([failing.exit, failing.stdout.length > 0]).toEqual([1, true]);
  });

  it("follows redirects under -L alone", async () => {
    expect((await fetch(["-i", `${url}/redirect?to=/echo`])).stdout).toMatch(
      /^HTTP 302\b[^\n]*\n[^]*location: \/echo\n/,
    );
    expect(JSON.parse((await fetch(["-L", `${url}/redirect?to=/echo`])).stdout)).toMatchObject({ url: "/echo" });
  });

  it("writes the body to a file, and nothing to stdout", async () => {
    const path = join(lab.directory, "body");
    const { stdout, exit } = await fetch(["-o", path, `${url}/bytes?n=100000`]);
    expect([stdout, exit, (await readFile(path)).length]).toEqual(["", 0, 100_000]);
  });

  it("names an --output that cannot be written", async () => {
    const { stderr, exit } = await fetch(["-o", "/nonexistent/body", url]);
    expect(stderr).toMatch(/^error: --output \/nonexistent\/body cannot be written \(ENOENT\) \[CONFIG_INVALID\]$/m);
    expect(exit).toBe(2);
  });

  it("prints each event of a stream as it comes, not when all are there", async () => {
    const pieces: string[] = [];
    const { stdout } = await fetch([`${url}/sse?count=3&interval=50`], { onOutput: (piece) => pieces.push(piece) });
    expect(stdout).toContain('"tick":3');
    expect(pieces[0]).toContain('"tick":1');
    expect(pieces[0]).not.toContain('"tick":3');
  });

  it("says each stage on stderr under -v, and leaves stdout to the body", async () => {
    const { stdout, stderr } = await fetch(["-v", `${url}/echo`]);
    expect(JSON.parse(stdout)).toMatchObject({ origin: "api.lab.test" });
    expect([...stderr.matchAll(/^ {2}✓ (\S+) +(\S+)/gm)].map(([, stage, hop]) => `${stage}/${hop}`)).toEqual([
      "route/local",
      "dns/proxy",
      "tcp/proxy",
      "tunnel/proxy",
      "tls/target",
    ]);
  });

  it("connects where --resolve says, for that host and port alone", async () => {
    const nowhere = `outside.example:${lab.api.port}`;
    const variables = { NODE_EXTRA_CA_CERTS: lab.files.bundle };
    const { stderr } = await fetch(["-v", "--resolve", `${nowhere}:127.0.0.1`, `https://${nowhere}/`], { variables });
    expect(stderr).toMatch(/✓ tcp .* connected to 127\.0\.0\.1/);
    expect(stderr).toContain("[TLS_NAME_MISMATCH]");
    const other = await fetch(["--resolve", "outside.example:1:127.0.0.1", `https://${nowhere}/`], { variables });
    expect(other.stderr).toContain("[DNS_NOT_FOUND]");
  });

  it("ends after --max-time, and says how far it came", async () => {
    const { exit, stderr } = await fetch(["--max-time", "0.3", `${url}/slow?ms=60000`]);
    expect(stderr).toMatch(
      /^error: the request to api\.lab\.test did not end within 0\.3 s \(--max-time\); the last step that worked was tls \(api\.lab\.test:443\) \[HTTP_TIMEOUT\]\nhint: [^\n]+\n$/,
    );
    expect(exit).toBe(1);
  });

  it("ends with 130 on Ctrl-C, without a word", async () => {
    const interrupt = new AbortController();
    const running = fetch([`${url}/slow?ms=60000`], { signal: interrupt.signal });
    await lab.log.waitFor((event) => event.by === "api.lab.test" && event.kind === "request");
    interrupt.abort();
    expect(await running).toEqual({ exit: 130, stdout: "", stderr: "" });
  });

  it("takes proxy, authorities and client certificate from flags", async () => {
    const { client, bundle, passphrase } = lab.files;
    const flags = [
      "--proxy",
      lab.strict.urlWithLogin,
      "--cacert",
      bundle,
      "--cert",
      client.cert,
      "--key",
      client.encryptedKey,
    ];
    const direct = await fetch(
      [...flags, "--passphrase-command", `printf %s '${passphrase}'`, `https://${lab.mtls.name}/echo`],
      { variables: {} },
    );
    expect(direct.stderr).toBe("");
    expect(JSON.parse(direct.stdout)).toMatchObject({ peer: "alice" });
    expect(lab.log.of("strict", "connect")).toMatchObject([{ target: "mtls.lab.test:443" }]);
  });

  it("goes past the proxy for the hosts of --no-proxy", async () => {
    const { exit } = await fetch(["--no-proxy", ".inside.test", `${lab.inside.url}/echo`]);
    expect(exit).toBe(0);
    expect(lab.log.of("basic", "accept")).toEqual([]);
  });

  it("tells a missing client certificate in two lines, exit code 1", async () => {
    const { exit, stderr, stdout } = await fetch([`https://${lab.mtls.name}/`], {
      variables: labVariables(lab, lab.basic, { clientCertificate: false }),
    });
    expect(stderr).toMatch(
      /^error: [^\n]*mtls\.lab\.test:443 requires a client certificate[^\n]* \[CLIENT_CERT_REQUIRED\]\nhint: [^\n]+\n$/,
    );
    expect([exit, stdout]).toEqual([1, ""]);
  });

  for (const http2 of [false, true]) {
    it(`tells an answer over ${http2 ? "HTTP/2" : "HTTP/1.1"} that breaks off as a fault of the network`, async () => {
      await using cut = await lab.origin({ name: "cut.lab.test", fault: "cut-body", http2 });
      const { exit, stderr } = await fetch([cut.url]);
      expect(stderr).toMatch(/^error: [^\n]+ \[(TCP_RESET|HTTP_CLOSED)\]\nhint: [^\n]+\n$/);
      expect(exit).toBe(1);
    });
  }
});

describe("options of sallyport fetch that make no request", () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["a body with GET", ["-X", "GET", "-d", "x", "https://api.lab.test/"]],
    ["a method that is none", ["-X", "GE T", "https://api.lab.test/"]],
    ["a header without a colon", ["-H", "nonsense", "https://api.lab.test/"]],
    ["a header with a line end", ["-H", "a: b\nc: d", "https://api.lab.test/"]],
    ["a port that fetch refuses", ["http://api.lab.test:6667/"]],
    ["no time at all", ["-m", "0", "https://api.lab.test/"]],
    ["an address that is none", ["--resolve", "api.lab.test:443:here", "https://api.lab.test/"]],
    ["another protocol", ["ftp://api.lab.test/"]],
  ];
  for (const [title, argv] of cases) {
    it(`${title}: two lines, exit code 2`, async () => {
      const { exit, stdout, stderr } = await fetch(argv);
      expect(stderr).toMatch(/^error: [^\n]+ \[CONFIG_INVALID\]\nhint: [^\n]+\n$/);
      expect([exit, stdout]).toEqual([2, ""]);
    });
  }
});

describe("sallyport fetch --json", () => {
  it("prints status, headers and body as one object", async () => {
    const { stdout, exit } = await fetch(["--json", `${url}/status/404?token=tulip`]);
    const answer = JSON.parse(stdout) as Record<string, unknown>;
    expect(answer).toMatchObject({
      ok: true,
      url: "https://api.lab.test/status/404",
      status: 404,
      headers: { "content-type": "application/json" },
      body: { encoding: "utf8" },
    });
    expect(exit).toBe(0);
  });

  it("gives bytes that are no text as base64", async () => {
    const path = join(lab.directory, "raw");
    const { stdout } = await fetch(["--json", "-o", path, `${url}/bytes?n=10`]);
    expect(JSON.parse(stdout)).toMatchObject({ body: { encoding: "file", path } });
  });

  it("prints a failure as a fault, and nothing on stderr", async () => {
    const { stdout, stderr, exit } = await fetch(["--json", "https://unknown.lab.test/"], { variables: {} });
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      fault: { code: "DNS_NOT_FOUND", stage: "dns", hop: "target" },
    });
    expect([stderr, exit]).toEqual(["", 1]);
  });
});
