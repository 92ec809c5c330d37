import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { explainError, readCatalogue } from "../../src/doctor/error-catalogue.js";
import { startLab, type Lab } from "../../src/lab/index.js";
import { closedPort } from "../support/closed-port.js";
import { builtCli } from "./support/built.js";
import { execute } from "./support/execute.js";

/**
 * What programs say where the same thing is wrong, recorded as they run: the fault that the doctor names must be among those that
 * `explain-error` finds from each of their texts. `RECORD=1` writes docs/what-clients-say.md from it.
 */

const root = join(import.meta.dirname, "../..");
const catalogue = readCatalogue(readFileSync(join(root, "docs/faults.md"), "utf8"));

interface Situation {
  readonly code: string;
  readonly url: string;
  readonly proxy?: string | undefined;
  /** Whether the programs trust the lab's authority. */
  readonly trusting?: boolean;
}

/** What a program says where it says nothing of the fault. */
const mute: ReadonlySet<string> = new Set(["CLIENT_CERT_REQUIRED wget", "PROXY_NEEDS_TLS Python urllib"]);

/** Each says on standard error, or standard output, why it has failed. */
const programs: Readonly<Record<string, (url: string) => readonly string[]>> = {
  curl: (url) => ["curl", "-sS", "--max-time", "20", url],
  git: (url) => ["git", "ls-remote", `${url}/a.git`],
  wget: (url) => ["wget", "-nv", "--tries=1", "--timeout=20", "-O", "-", url],
  "Python urllib": (url) => [
    "python3",
    "-c",
    `import urllib.request; urllib.request.urlopen(${JSON.stringify(url)}).read()`,
  ],
  "Node undici": (url) => ["node", "--input-type=module", "-e", nodeProgram, url],
  "Node fetch": (url) => ["node", "--input-type=module", "-e", fetchProgram, url],
  "Node axios": (url) => ["node", "--input-type=module", "-e", axiosProgram, url],
  "openssl s_client": (url) => ["openssl", "s_client", "-brief", "-verify_return_error", "-connect", new URL(url).host],
};
const nodeProgram = `
import { EnvHttpProxyAgent, request } from "undici";
request(process.argv[1], { dispatcher: new EnvHttpProxyAgent() }).then(
  ({ body }) => body.text(),
).then((text) => console.log(text.slice(0, 200)), (error) => {
  for (let one = error; one; one = one.cause) console.error(one.code ?? "", one.message);
  process.exitCode = 1;
});`;

const tell = `(error) => {
  for (let one = error; one; one = one.cause) console.error(one.code ?? "", one.message);
  process.exitCode = 1;
}`;
const fetchProgram = `fetch(process.argv[1]).then((answer) => answer.text()).then(console.log, ${tell});`;
const axiosProgram = `
import axios from "axios";
axios.get(process.argv[1]).then(({ data }) => console.log(data), ${tell});`;

let lab: Lab;
let situations: readonly Situation[];
const said = new Map<string, Map<string, string>>();

beforeAll(async () => {
  lab = await startLab();
  const closed = await closedPort();
  const good = await lab.origin();
  const broken = async (options: Parameters<Lab["origin"]>[0]): Promise<string> =>
    (await lab.origin(options)).directUrl;
  const refusing = async (status: number): Promise<string> =>
    (await lab.proxy({ fault: { kind: "status", status, body: "no" } })).url;
  situations = [
    { code: "TLS_UNTRUSTED_ISSUER", url: good.directUrl, trusting: false },
    { code: "TLS_CHAIN_INCOMPLETE", url: await broken({ certificate: "no-intermediate" }) },
    { code: "TLS_SELF_SIGNED", url: await broken({ certificate: "self-signed" }) },
    { code: "TLS_EXPIRED", url: await broken({ certificate: "expired" }) },
    { code: "TLS_NOT_YET_VALID", url: await broken({ certificate: "not-yet-valid" }) },
    { code: "TLS_NAME_MISMATCH", url: await broken({ certificate: "wrong-name" }) },
    { code: "TLS_NOT_TLS", url: await broken({ fault: "not-tls" }) },
    { code: "TLS_RESET", url: await broken({ fault: "reset" }) },
    { code: "CLIENT_CERT_REQUIRED", url: await broken({ clientCertificate: "required", minVersion: "TLSv1.3" }) },
    { code: "HTTP_CLOSED", url: await broken({ fault: "close-before-answer" }) },
    { code: "HTTP_INVALID", url: await broken({ fault: "not-http" }) },
    { code: "TCP_REFUSED", url: `https://localhost:${closed}` },
    {
      code: "PROXY_AUTH_REQUIRED",
      url: good.url,
      proxy: (await lab.proxy({ login: { username: "a", password: "b" } })).url,
    },
    {
      code: "PROXY_AUTH_REJECTED",
      url: good.url,
      proxy: (await lab.proxy({ login: { username: "a", password: "b" } })).urlWithLogin.replace("a:b@", "a:wrong@"),
    },
    { code: "PROXY_REFUSED", url: good.url, proxy: await refusing(405) },
    {
      code: "PROXY_NEEDS_TLS",
      url: good.url,
      proxy: (await lab.proxy({ protocol: "https" })).url.replace("https:", "http:"),
    },
    { code: "PROXY_NOT_TLS", url: good.url, proxy: (await lab.proxy()).url.replace("http:", "https:") },
    { code: "DNS_NOT_FOUND", url: "https://nobody.lab.test" },
    { code: "PROXY_FORBIDDEN", url: good.url, proxy: await refusing(403) },
    { code: "PROXY_BAD_GATEWAY", url: good.url, proxy: await refusing(502) },
    { code: "PROXY_CLOSED", url: good.url, proxy: (await lab.proxy({ fault: { kind: "close" } })).url },
  ];
}, 60_000);
afterAll(async () => {
  await lab.close();
  if (process.env["RECORD"] === "1") writeFileSync(join(root, "docs/what-clients-say.md"), page());
});

test("the fault that the doctor names is found from what each program says of it", async () => {
  const missed: string[] = [];
  for (const situation of situations) {
    const texts = await ask(situation);
    said.set(situation.code, texts);
    const report = await execute(
      [process.execPath, builtCli, "doctor", "--json", situation.url],
      environment(situation),
    );
    expect([situation.code, codesOf(report.stdout)]).toEqual([
      situation.code,
      expect.arrayContaining([situation.code]),
    ]);
    for (const [program, text] of texts) {
      const found = explainError(text, catalogue).map(({ entry }) => entry.code);
      // Some end with a status and no word.
      if (text !== "" && !mute.has(`${situation.code} ${program}`) && !found.includes(situation.code as never))
        missed.push(`${situation.code} ${program}: ${text} -> ${found.join(" ")}`);
    }
  }
  expect(missed).toEqual([]);
}, 180_000);

function environment({ proxy, trusting = true }: Situation): Record<string, string> {
  const { rootCa } = lab.files;
  const names = ["CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"];
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: lab.directory,
    LANG: "C.UTF-8",
    GIT_TERMINAL_PROMPT: "0",
    ...(proxy === undefined ? {} : { HTTPS_PROXY: proxy, https_proxy: proxy }),
    ...(trusting ? Object.fromEntries(names.map((name) => [name, rootCa])) : {}),
  };
}

async function ask(situation: Situation): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  await Promise.all(
    Object.entries(programs).map(async ([name, argv]) => {
      // Neither can be told of a proxy by a variable, or by a file.
      if (name === "openssl s_client" && (situation.proxy !== undefined || situation.code.startsWith("HTTP"))) return;
      // Node's own fetch knows no proxy by itself, and axios asks one for https in plain HTTP.
      if (name.startsWith("Node ") && name !== "Node undici" && situation.proxy !== undefined) return;
      const [program = "", ...args] = argv(situation.url);
      const trust = situation.trusting === false ? [] : trustOf(name, lab.files.rootCa);
      const ran = await execute([program, ...trust, ...args], environment(situation), { cwd: root }).catch(
        () => undefined,
      );
      if (ran !== undefined && ran.status !== 0) texts.set(name, telling(`${ran.stderr}\n${ran.stdout}`));
    }),
  );
  return texts;
}

function trustOf(program: string, file: string): readonly string[] {
  return program === "wget" ? [`--ca-certificate=${file}`] : [];
}

/** Ports and addresses differ from run to run. */
function telling(text: string): string {
  return text
    .replaceAll(/localhost:\d+|127\.0\.0\.1:\d+|\[::1\]:\d+/g, "HOST:PORT")
    .replaceAll(/origin-\d+\.lab\.test(?::\d+)?/g, "ORIGIN")
    .replaceAll(/\bport \d+/g, "port PORT")
    .replaceAll(lab.files.rootCa, "FILE")
    .trim();
}

function codesOf(json: string): readonly string[] {
  return [...json.matchAll(/"code": "([A-Z_]+)"/g)].map(([, code]) => code ?? "");
}

function page(): string {
  const rows = [...said].map(([code, texts]) => {
    const lines = Object.keys(programs).flatMap((program) => {
      const text = texts.get(program);
      return text === undefined ? [] : [`| ${program} | \`${phrase(text)}\` |`];
    });
    return `## ${code}\n\n| program | what it says |\n|---|---|\n${lines.join("\n")}\n`;
  });
  return `# What clients say\n\nRecorded by \`test/real/error-texts.test.ts\`, each beside the fault that \`sallyport doctor\` names in the same situation.\nWhat each means and what to do stands in [faults.md](faults.md); \`sallyport explain-error\` finds it from any of these texts.\n\n${rows.join("\n")}`;
}

/** The line that says most: where a catalogue's phrase is, or the last one. */
function phrase(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const best = lines.find((line) => explainError(line, catalogue).length > 0) ?? lines.at(-1) ?? "(nothing)";
  return best.replaceAll(/[|`]/g, " ").slice(0, 160).trim();
}
