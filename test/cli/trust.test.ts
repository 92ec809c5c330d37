import { X509Certificate } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { certify, party, pkcs8, selfSigned } from "../../src/base/testing/certificates.js";
import { main } from "../../src/cli/main.js";
import { createNetwork } from "../../src/clients/index.js";
import { labVariables } from "../../src/lab/index.js";
import { ownFolder } from "../support/own-folder.js";
import { standardLab } from "../support/standard-lab.js";
import { run, type Ran } from "./support/run.js";
import { schemas } from "./support/schemas.js";

const lab = await standardLab();
const folder = ownFolder("trust");

// As XDG has it, whatever the platform: macOS and Windows have a place of their own under HOME.
const home = join(folder, "home");
const own = { HOME: home, USERPROFILE: home, LOCALAPPDATA: join(home, "AppData", "Local") };
const bundle = (): string =>
  process.platform === "win32"
    ? join(home, "AppData", "Local", "sallyport", "trusted.pem")
    : process.platform === "darwin"
      ? join(home, "Library", "Application Support", "sallyport", "trusted.pem")
      : join(home, ".local", "share", "sallyport", "trusted.pem");

beforeEach(() => {
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home);
});

const file = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const root = party("Corp Root CA");
const rootPem = selfSigned(root);
const sha256 = (pem: string): string => new X509Certificate(pem).fingerprint256;
const variables = { ...labVariables(lab, lab.basic, { trust: false }), ...own };
const trust = (...words: string[]): Promise<Ran> => run(["trust", ...words], { variables, lookup: lab.lookup });

/** At a terminal, where `answer` is typed. */
async function asked(words: readonly string[], answer: string): Promise<Ran & { readonly question: string }> {
  let [stdout, stderr, question] = ["", "", ""];
  const output = (take: (text: string) => void) => ({
    isTTY: false,
    write: (chunk: string | Uint8Array) => Promise.resolve(take(Buffer.from(chunk).toString())),
  });
  const exit = await main(["trust", ...words], {
    stdout: output((text) => (stdout += text)),
    stderr: output((text) => (stderr += text)),
    stdin: (async function* () {})(),
    ask: (text) => {
      question = text;
      return Promise.resolve(answer);
    },
    variables: { CLAUDE_CODE_CERT_STORE: "bundled", ...variables },
    lookup: lab.lookup,
    signal: new AbortController().signal,
  });
  return { exit, stdout, stderr, question };
}

describe("sallyport trust add FILE", () => {
  it("shows issuer, fingerprint and origin, asks, and stores nothing without a yes", async () => {
    const path = file("root.pem", rootPem);
    const no = await asked(["add", path], "no");
    expect(no.exit).toBe(2);
    expect(no.stderr).toContain("Corp Root CA");
    expect(no.stderr).toContain(sha256(rootPem).slice(0, 59));
    expect(no.stderr).toContain(`From the file ${path}`);
    expect(no.question).toContain("fingerprint");
    expect(existsSync(bundle())).toBe(false);
    const yes = await asked(["add", path], "yes");
    expect(yes.stdout).toContain(`trusted from now on: Corp Root CA, in ${bundle()}`);
    expect(readFileSync(bundle(), "utf8")).toContain(`# From: file ${path}`);
    const again = await trust("add", path);
    expect(again).toMatchObject({ exit: 0, stdout: expect.stringContaining("already") });
  });

  it("takes a fingerprint in place of an answer, and no other certificate than that one", async () => {
    const path = file("root.pem", rootPem);
    expect((await trust("add", path)).stderr).toContain("--fingerprint SHA256");
    expect((await trust("add", path, "--fingerprint", "00".repeat(32))).stderr).toContain("has that fingerprint");
    expect((await trust("add", path, "--fingerprint", "00".repeat(20))).stderr).toContain("64 hexadecimal digits");
    expect(existsSync(bundle())).toBe(false);
    expect((await trust("add", path, "--fingerprint", `sha256 Fingerprint=${sha256(rootPem)}`)).exit).toBe(0);
  });

  it("refuses what is no authority, and what has expired, and warns of what signed itself or calls itself like another", async () => {
    const day = 86_400_000;
    const leaf = certify({ subject: party("api.corp.example"), issuer: root, host: "api.corp.example" });
    const old = selfSigned(party("Old CA"), { notBefore: new Date(0), notAfter: new Date(Date.now() - day) });
    const alone = selfSigned(party("alone.example"), { host: "alone.example" });
    expect((await trust("add", file("leaf.pem", leaf))).stderr).toMatch(
      /not an authority.*CA_NOT_AN_AUTHORITY[^]*"Corp Root CA"/,
    );
    expect((await trust("add", file("old.pem", old))).stderr).toMatch(/expired on .*CA_EXPIRED/);
    expect((await asked(["add", file("alone.pem", alone)], "no")).stderr.replace(/\s+/g, " ")).toContain(
      "it is not an authority",
    );
    await trust("add", file("root.pem", rootPem), "--fingerprint", sha256(rootPem));
    const twin = selfSigned(party("C\u043erp R\u043e\u043et CA"));
    expect((await asked(["add", file("twin.pem", twin)], "no")).stderr.replace(/\s+/g, " ")).toContain(
      "or this one imitates it",
    );
    expect(statSync(bundle()).size).toBeGreaterThan(0);
  });

  it("keeps both of two that are added at once, in a file of the user's alone, and writes through no link", async () => {
    const many = [1, 2, 3].map((number) => selfSigned(party(`Root ${number}`)));
    await Promise.all(
      many.map((pem, index) => trust("add", file(`root-${index}.pem`, pem), "--fingerprint", sha256(pem))),
    );
    const listed = schemas["trust-list"].parse(JSON.parse((await trust("list", "--json")).stdout));
    expect(listed.authorities.map(({ name }) => name).sort()).toEqual(["Root 1", "Root 2", "Root 3"]);
    const elsewhere = file("elsewhere.pem", "");
    rmSync(bundle());
    symlinkSync(elsewhere, bundle());
    const linked = await trust("add", file("root.pem", rootPem), "--fingerprint", sha256(rootPem));
    expect(linked).toMatchObject({ exit: 2, stderr: expect.stringContaining("symbolic link") });
    expect(readFileSync(elsewhere, "utf8")).toBe("");
  });

  it.skipIf(process.platform === "win32")("lets nobody else write into the folder", async () => {
    mkdirSync(join(bundle(), ".."), { recursive: true });
    chmodSync(join(bundle(), ".."), 0o777);
    await trust("add", file("root.pem", rootPem), "--fingerprint", sha256(rootPem));
    expect(statSync(join(bundle(), "..")).mode & 0o777).toBe(0o700);
    expect(statSync(bundle()).mode & 0o077).toBe(0);
  });
});

describe("sallyport trust add HOST", () => {
  const office = party("Office Root CA");
  const site = party("site");
  const officePem = selfSigned(office);
  const server = createServer(
    { cert: certify({ subject: site, issuer: office, host: "localhost" }) + officePem, key: pkcs8(site) },
    (request, response) => response.end(request.url),
  );
  beforeAll(() => new Promise<void>((done) => server.listen(0, "127.0.0.1", done)));
  afterAll(() => server.close());

  it("takes the root that it shows once its fingerprint is given or confirmed, and then every way trusts it", async () => {
    const host = `localhost:${(server.address() as AddressInfo).port}`;
    const requests: unknown[] = [];
    server.on("request", (request) => requests.push(request));
    const fetched = (): Promise<Ran> => run(["fetch", `https://${host}/`], { variables, lookup: lab.lookup });
    const refused = await fetched();
    expect(refused.stderr).toContain("[TLS_UNTRUSTED_ISSUER]");
    expect(refused.stderr).toContain(`run: sallyport trust add ${host} (`);
    expect(await trust("add", host)).toMatchObject({ exit: 2, stderr: expect.stringContaining("nobody can be asked") });
    const doubted = await asked(["add", host], "no");
    expect(doubted.stderr).toContain("whoever is on the way could have put it there");
    expect(existsSync(bundle())).toBe(false);
    const pasted = await asked(["add", host], sha256(officePem));
    expect(pasted).toMatchObject({ exit: 0, stdout: expect.stringContaining("Office Root CA") });
    expect(requests).toEqual([]);

    expect((await fetched()).stdout).toBe("/");
    const network = await createNetwork({
      source: { variables: { ...variables, CLAUDE_CODE_CERT_STORE: "bundled" } },
      lookup: lab.lookup,
    });
    expect(await (await network.fetch(`https://${host}/library`)).text()).toBe("/library");
    await network.close();
    const explained = await run(["explain", `https://${host}/`], { variables, lookup: lab.lookup });
    expect(explained.stdout.replace(/\s+/g, "")).toContain(`ca.files=${bundle()}(sallyporttrust)`.replace(/\s+/g, ""));
    expect((await run(["doctor", `https://${host}/`], { variables, lookup: lab.lookup })).exit).toBe(0);
    const child = [
      "run",
      "--no-check",
      "--",
      process.execPath,
      "-e",
      `fetch("https://${host}/child").then((answer) => process.exit(answer.status === 200 ? 0 : 9))`,
    ];
    expect(
      (await run(child, { variables: { ...variables, PATH: process.env["PATH"] ?? "" }, lookup: lab.lookup })).exit,
    ).toBe(0);
    expect((await trust("add", host)).stdout).toContain("trusted here already");
    const removed = schemas["trust-remove"].parse(
      JSON.parse((await trust("remove", "Office Root CA", "--json")).stdout),
    );
    expect(removed.removed.name).toBe("Office Root CA");
    expect(existsSync(bundle())).toBe(false);
    expect((await fetched()).stderr).toContain("[TLS_UNTRUSTED_ISSUER]");
  });

  it("never takes a root that is not shown, nor one where it is not the trust that fails", async () => {
    expect((await trust("add", "https://api.lab.test/")).stderr).toMatch(
      /does not send its root.*"Lab Root CA".*TLS_CHAIN_INCOMPLETE/,
    );
    const away = await trust("add", "https://nowhere.lab.test/");
    expect(away.exit).toBe(1);
    expect(existsSync(bundle())).toBe(false);
  });
});

describe("sallyport trust list, remove and export", () => {
  const added = (): Promise<Ran> => trust("add", file("root.pem", rootPem), "--fingerprint", sha256(rootPem));

  it("lists what is there with its origin, and removes by name or fingerprint, and nothing by less", async () => {
    expect((await trust("list")).stdout).toContain("no authority");
    await added();
    const { stdout } = await trust("list");
    expect(stdout).toContain("Corp Root CA");
    expect(stdout.replace(/\s+/g, " ")).toContain(`from file ${join(folder, "root.pem")}`);
    expect((await trust("remove", "8")).exit).toBe(2);
    expect((await trust("remove", "Corp")).exit).toBe(2);
    expect((await trust("remove", sha256(rootPem).slice(0, 23))).stdout).toContain("no longer trusted: Corp Root CA");
  });

  it("keeps what somebody else wrote into the file by refusing to write it", async () => {
    await added();
    writeFileSync(
      bundle(),
      `${readFileSync(bundle(), "utf8")}-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n`,
    );
    const second = selfSigned(party("Second"));
    const { stderr } = await trust("add", file("second.pem", second), "--fingerprint", sha256(second));
    expect(stderr).toMatch(/something that is not a certificate.*CA_FILE_INVALID/);
  });

  it("exports all that is trusted in the form that each tool reads", async () => {
    await added();
    const exported = async (reader: string, ...more: string[]) =>
      schemas["trust-export"].parse(JSON.parse((await trust("export", "--for", reader, "--json", ...more)).stdout));
    const node = await exported("node");
    expect(node).toMatchObject({ certificates: 1, variables: [{ name: "NODE_EXTRA_CA_CERTS", value: node.file }] });
    expect(readFileSync(node.file, "utf8")).toBe(rootPem);
    const python = await exported("python");
    expect(python.variables.map(({ name }) => name)).toContain("REQUESTS_CA_BUNDLE");
    expect(python.certificates).toBeGreaterThan(100);
    expect((await exported("git")).command).toMatch(/^git config --global http\.sslCAInfo /);
    const java = await exported("java", "-o", join(folder, "store.p12"));
    expect(java.variables[0]?.value).toContain(`-Djavax.net.ssl.trustStore=${join(folder, "store.p12")}`);
    const text = await trust("export", "--for", "curl");
    expect(text.stdout).toMatch(/CURL_CA_BUNDLE ?=/);
    expect((await trust("export", "--for", "jaba")).stderr).toContain("did you mean java");
    expect((await trust("export")).stderr).toContain("--for");
  });

  it("is read where a program's author has another prefix, and an expired one is left out with a warning", async () => {
    await added();
    const day = 86_400_000;
    const old = selfSigned(party("Old CA"), { notBefore: new Date(0), notAfter: new Date(Date.now() - day) });
    writeFileSync(bundle(), old);
    const { stderr, exit } = await run(["explain", "https://x.example/", "--json"], { variables: own });
    expect({ stderr, exit }).toEqual({ stderr: "", exit: 0 });
    const network = await createNetwork({ prefix: "MYTOOL", source: { variables: own } });
    expect(network.warnings.map(({ code, message }) => [code, message.includes("sallyport trust")])).toEqual([
      ["CA_EXPIRED", true],
    ]);
    await network.close();
  });
});
