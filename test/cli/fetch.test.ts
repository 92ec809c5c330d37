import { readFile } from "node:fs/promises";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { labVariables, type LabEcho } from "../../src/lab/index.js";
import { Interrupted } from "../../src/cli/terminal/io.js";
import { certificateFlags } from "./support/lab-flags.js";
import { run, type Ran, type RunEnvironment } from "./support/run.js";
import { schemas } from "./support/schemas.js";
import { standardLab } from "../support/standard-lab.js";

const lab = await standardLab();
const url = `https://${lab.api.name}`;

function fetch(argv: readonly string[], more: RunEnvironment = {}): Promise<Ran> {
  return run(["fetch", ...argv], { lookup: lab.lookup, variables: labVariables(lab, lab.basic), ...more });
}

async function echo(argv: readonly string[], more: RunEnvironment = {}): Promise<LabEcho> {
  const { stdout, stderr } = await fetch([...argv, `${url}/echo`], more);
  expect(stderr).toBe("");
  return JSON.parse(stdout) as LabEcho;
}

/** A server outside of the lab, for answers that no origin of it gives. */
async function oddServer(listener: RequestListener): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
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

  const interrupted = async (signal: "SIGINT" | "SIGTERM", argv: readonly string[] = []): Promise<Ran> => {
    const interrupt = new AbortController();
    const running = fetch([...argv, `${url}/slow?ms=60000`], { signal: interrupt.signal });
    await lab.log.waitFor((event) => event.by === "api.lab.test" && event.kind === "request");
    interrupt.abort(new Interrupted(signal));
    return running;
  };

  it("ends with 130 on Ctrl-C and with 143 on SIGTERM, without a word", async () => {
    expect(await interrupted("SIGINT")).toEqual({ exit: 130, stdout: "", stderr: "" });
    lab.log.clear();
    expect(await interrupted("SIGTERM")).toEqual({ exit: 143, stdout: "", stderr: "" });
  });

  it("prints an object under --json when it is interrupted, too", async () => {
    const { exit, stdout, stderr } = await interrupted("SIGINT", ["--json"]);
    expect(schemas.failure.parse(JSON.parse(stdout))).toEqual({ ok: false, interrupted: { signal: "SIGINT" } });
    expect([exit, stderr]).toEqual([130, ""]);
  });

  it("takes proxy, authorities and client certificate from flags", async () => {
    const { passphrase } = lab.files;
    const flags = ["--proxy", lab.strict.urlWithLogin, ...certificateFlags(lab)];
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

describe("an answer that fetch cannot use", () => {
  const cases: readonly (readonly [string, string, RequestListener, RegExp])[] = [
    [
      "redirects in a circle",
      "/",
      (_, answer) => answer.writeHead(302, { location: "/" }).end(),
      /more than 20 redirects/,
    ],
    [
      "redirects to a protocol that is not HTTP",
      "/",
      (_, answer) => answer.writeHead(302, { location: "ftp://elsewhere.test/" }).end(),
      /redirects to a URL that is neither http nor https/,
    ],
    [
      "redirects to what is not a URL",
      "/",
      (_, answer) => answer.writeHead(302, { location: "http://" }).end(),
      /redirects to something that is not a URL/,
    ],
    [
      "redirects to a URL with a login",
      "/",
      (_, answer) => answer.writeHead(302, { location: "http://alice:tulip@elsewhere.test/" }).end(),
      /redirects to a URL with a login/,
    ],
    [
      "redirects to a port that fetch refuses",
      "/",
      (_, answer) => answer.writeHead(302, { location: "http://elsewhere.test:6667/" }).end(),
      /redirects to a port that fetch refuses/,
    ],
    [
      "says gzip and is none",
      "/",
      (_, answer) => answer.writeHead(200, { "content-encoding": "gzip" }).end("tulip"),
      /is not compressed as it says \(Z_DATA_ERROR\)/,
    ],
    [
      "says br and is none",
      "/",
      (_, answer) => answer.writeHead(200, { "content-encoding": "br" }).end("tulip tulip"),
      /is not compressed as it says \(\w+\)/,
    ],
  ];
  for (const [title, path, listener, words] of cases) {
    it(`${title}: a fault of stage http, exit code 1`, async () => {
      await using odd = await oddServer(listener);
      const { exit, stderr } = await fetch(["-L", `${odd.url}${path}`], { variables: {} });
      expect(stderr).toMatch(/^error: [^\n]+ \[HTTP_INVALID\]\nhint: [^\n]+\n$/);
      expect(stderr).toMatch(words);
      expect(stderr).not.toContain("tulip");
      expect(exit).toBe(1);
      const json = await fetch(["-L", "--json", `${odd.url}${path}`], { variables: {} });
      expect(JSON.parse(json.stdout)).toMatchObject({
        ok: false,
        fault: { code: "HTTP_INVALID", stage: "http", hop: "target" },
      });
    });
  }

  it("follows a redirect from https to http, as curl does", async () => {
    const { exit, stdout } = await fetch(["-L", `${url}/redirect?to=${encodeURIComponent(`${lab.plain.url}/echo`)}`], {
      variables: { ...labVariables(lab, lab.basic), http_proxy: lab.basic.urlWithLogin },
    });
    expect([exit, (JSON.parse(stdout) as LabEcho).origin]).toEqual([0, lab.plain.name]);
  });

  it("names both who may have said 407, where no proxy could have", async () => {
    await using odd = await oddServer((_, answer) => answer.writeHead(407).end());
    const { exit, stdout } = await fetch(["--json", odd.url], { variables: {} });
    expect(JSON.parse(stdout)).toMatchObject({ fault: { code: "PROXY_AUTH_REQUIRED", stage: "http", hop: "target" } });
    const { stderr } = await fetch([odd.url], { variables: {} });
    expect(stderr).toMatch(/^error: [^\n]*407[^\n]*: either that server or an inspecting proxy[^\n]*\nhint: [^\n]+\n$/);
    expect(exit).toBe(1);
  });

  it("says so of a 407 inside of a tunnel too", async () => {
    const { exit, stderr } = await fetch([`${url}/status/407`]);
    expect(stderr).toMatch(/api\.lab\.test[^\n]*407[^\n]* \[PROXY_AUTH_REQUIRED\]\nhint: [^\n]+\n$/);
    expect(exit).toBe(1);
  });
});

describe("a file for --output that takes no more", () => {
  it.skipIf(process.platform !== "linux")("is named, with what the system says", async () => {
    const { exit, stderr } = await fetch(["-o", "/dev/full", `${url}/bytes?n=100000`]);
    expect(stderr).toMatch(
      /^error: --output \/dev\/full cannot be written \(ENOSPC\) \[CONFIG_INVALID\]\nhint: [^\n]*space[^\n]*\n$/,
    );
    expect(exit).toBe(2);
  });
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
    ["a URL without a scheme", ["api.lab.test"]],
  ];
  for (const [title, argv] of cases) {
    it(`${title}: two lines, exit code 2`, async () => {
      const { exit, stdout, stderr } = await fetch(argv);
      expect(stderr).toMatch(/^error: [^\n]+ \[CONFIG_INVALID\]\nhint: [^\n]+\n$/);
      expect([exit, stdout]).toEqual([2, ""]);
    });
  }
});

describe("headers of sallyport fetch that are the connection's own", () => {
  for (const name of ["Transfer-Encoding", "Content-Length", "Upgrade", "Expect", "Keep-Alive"]) {
    it(`${name} is refused by name, and its value is not repeated`, async () => {
      const { exit, stdout, stderr } = await fetch(["-H", `${name.toLowerCase()}: 271828`, "-d", "abc", `${url}/echo`]);
      expect(stderr).toMatch(new RegExp(`^error: [^\\n]*${name}[^\\n]* \\[CONFIG_INVALID\\]\\nhint: [^\\n]+\\n$`));
      expect(stderr).not.toContain("271828");
      expect([exit, stdout, lab.log.of("basic", "accept")]).toEqual([2, "", []]);
    });
  }
});

describe("a URL without a scheme", () => {
  const hintFor = async (text: string): Promise<string> => {
    const { exit, stderr } = await fetch([text]);
    expect(exit).toBe(2);
    return stderr;
  };

  it("is called that, and the two URLs are offered that it may mean", async () => {
    expect(await hintFor("localhost:8080/x?token=tulip")).toBe(
      "error: localhost:8080/x has no scheme [CONFIG_INVALID]\nhint: write http://localhost:8080/x, or https://localhost:8080/x\n",
    );
    expect(await hintFor("api.lab.test/v1")).toContain(
      "hint: write https://api.lab.test/v1, or http://api.lab.test/v1\n",
    );
    expect(await hintFor("[::1]:8080")).toContain("hint: write http://[::1]:8080, or https://[::1]:8080\n");
  });

  it("is not repeated where it may hold a login or be a token", async () => {
    for (const text of ["alice:tulip@api.lab.test/", "tulip-seven"]) {
      const stderr = await hintFor(text);
      expect(stderr).toContain("[CONFIG_INVALID]\nhint: write it in full, e.g. https://");
      expect(stderr).not.toContain("tulip");
    }
  });

  it("is told from one of another protocol", async () => {
    expect(await hintFor("data:text/plain,hi")).toContain("error: data: URLs cannot be reached by this command");
  });
});

describe("sallyport fetch --json", () => {
  it("keeps every Set-Cookie as it came, and joins what else is repeated", async () => {
    await using odd = await oddServer((_, answer) => {
      answer.setHeader("set-cookie", ["a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "b=2"]);
      answer.setHeader("vary", ["accept", "origin"]);
      answer.end("c");
    });
    const { stdout } = await fetch(["--json", odd.url], { variables: {} });
    expect(schemas.fetch.parse(JSON.parse(stdout)).headers).toMatchObject({
      "set-cookie": ["a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "b=2"],
      vary: "accept, origin",
    });
  });

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

  it("gives bytes that are not text as base64", async () => {
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
