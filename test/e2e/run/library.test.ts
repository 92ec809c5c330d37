import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { childEnvironment, loadContext, type ContextOptions } from "../../../src/index.js";
import { startStandardLab, type StandardLab } from "../../../src/lab/index.js";

let lab: StandardLab;
let folder: string;
beforeAll(async () => {
  lab = await startStandardLab();
  folder = await mkdtemp(join(tmpdir(), "sallyport-library-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await lab.close();
});
beforeEach(() => lab.log.clear());

const inherited = (): Record<string, string> => ({
  PATH: process.env["PATH"] ?? "",
  HOME: folder,
  // Meant for another program.
  SALLYPORT_CLIENT_CERT: "/nonexistent/other.pem",
  HTTPS_PROXY: "http://127.0.0.1:1",
});

/** A Node child of a tool that goes out by these options: the peer that the server saw, or the fault. */
async function child(options: ContextOptions, program: string, own: Record<string, string> = {}): Promise<string> {
  const variables = { ...inherited(), ...own };
  const context = await loadContext({ source: { variables }, stores: ["bundled"], ...options });
  await using environment = await childEnvironment({ context, variables });
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", program], {
    env: environment.variables,
    cwd: folder,
  });
  return stdout.trim();
}

const ask = (url: string): string =>
  `fetch(${JSON.stringify(url)}).then((answer) => answer.json()).then(
    ({ peer }) => console.log(peer),
    (error) => console.log(require("node:util").inspect(error)),
  );`;

/** In an environment of the program's own, as MCP's stdio transport gives. */
const inGrandchild = (program: string): string =>
  `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(program)}], { env: { PATH: "" }, stdio: "inherit" });`;

const given = (): ContextOptions => ({
  prefix: "MYTOOL",
  proxy: { url: lab.basic.url, ...lab.login },
  ca: lab.files.bundle,
  cert: lab.files.client.cert,
  key: lab.files.client.encryptedKey,
  passphrase: lab.files.passphrase,
});

describe("a Node child of a tool that says its settings in code", () => {
  it.each([
    ["itself", (program: string) => program],
    ["and a child of its own with another environment", inGrandchild],
  ])("goes out through that proxy with that certificate: %s", async (_, within) => {
    expect(await child(given(), within(ask(`${lab.mtls.url}/echo`)))).toBe("alice");
    expect(lab.log.of("basic", "connect").map(({ status }) => status)).toContain(200);
    expect(lab.log.of(lab.mtls.name, "request").map(({ peer }) => peer)).toEqual(["alice"]);
  });

  it("reads the variables of the tool's own prefix, and its children do so too", async () => {
    const { client, passphrase } = lab.files;
    const own = {
      HTTPS_PROXY: lab.basic.urlWithLogin,
      NODE_EXTRA_CA_CERTS: lab.files.bundle,
      MYTOOL_CLIENT_CERT: client.cert,
      MYTOOL_CLIENT_KEY: client.encryptedKey,
      MYTOOL_CLIENT_KEY_PASSPHRASE: passphrase,
    };
    const program = inGrandchild(ask(`${lab.mtls.url}/echo`));
    expect(await child({ prefix: "MYTOOL" }, program, own)).toBe("alice");
  });

  it("goes where a variable says that somebody has set for it since", async () => {
    const inner = `process.env.HTTPS_PROXY = process.env.https_proxy = ${JSON.stringify(lab.strict.urlWithLogin)};
      require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(ask(`${lab.mtls.url}/echo`))}], { stdio: "inherit" });`;
    expect(await child(given(), inner)).toBe("alice");
    expect(lab.log.of("basic", "accept")).toEqual([]);
    expect(lab.log.of(lab.strict.name, "connect")).toHaveLength(1);
  });

  it("names the tool's own variables where a certificate is missing", async () => {
    const { prefix, proxy, ca } = given();
    const said = await child({ prefix, proxy, ca }, ask(`${lab.mtls.url}/echo`));
    expect(said).toMatch(/CLIENT_CERT_REQUIRED[^]*MYTOOL_CLIENT_CERT/);
    expect(said).not.toContain("SALLYPORT_");
  });
});
