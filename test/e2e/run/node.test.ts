import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { labVariables, type LabOrigin } from "../../../src/lab/index.js";
import { bin, run } from "./support/cli.js";
import { standardLab } from "../../support/standard-lab.js";

const lab = await standardLab();
const folder = await mkdtemp(join(tmpdir(), "sallyport run's "));
afterAll(() => rm(folder, { recursive: true }));

const node = process.execPath;
/** Fetches each URL and says what came, one line each. */
const fetches = (...urls: readonly string[]): string[] => [
  node,
  "-e",
  "(async () => { for (const url of process.argv.slice(1)) console.log((await (await fetch(url)).json()).peer) })()",
  ...urls,
];
const peers = (origin: LabOrigin): readonly (string | undefined)[] =>
  lab.log.of(origin.name, "request").map(({ peer }) => peer);

describe("a Node program under run", () => {
  it("presents the certificate to whoever asks for one, without a gateway and without --intercept", async () => {
    const urls = [`${lab.mtls.url}/echo`, `${lab.api.url}/echo`];
    const ran = await run(["run", "--", ...fetches(...urls)], { variables: labVariables(lab, lab.strict) });
    expect(ran).toMatchObject({ exit: 0, stdout: "alice\nnull\n" });
  });

  it("goes where the flags say, from any directory, and its children do so too", async () => {
    const { client, passphrase } = lab.files;
    const certificates = join(folder, "certificates");
    await mkdir(certificates);
    // Relative paths, in the directory of the command line.
    await writeFile(join(certificates, "ca.pem"), await readFile(lab.files.bundle));
    await writeFile(join(certificates, "alice.pem"), await readFile(client.cert));
    await writeFile(join(certificates, "alice.key"), await readFile(client.encryptedKey), { mode: 0o600 });
    await writeFile(join(certificates, "passphrase"), passphrase, { mode: 0o600 });
    const files = [
      "--cacert",
      "ca.pem",
      "--cert",
      "alice.pem",
      "--key",
      "alice.key",
      "--passphrase-file",
      "passphrase",
    ];
    const flags = ["--proxy", lab.basic.urlWithLogin, ...files];
    const inner = `cd / && exec "$0" "$@"`;
    const ran = await run(["run", ...flags, "--", "sh", "-c", inner, ...fetches(`${lab.mtls.url}/echo`)], {
      cwd: certificates,
      variables: { HTTPS_PROXY: "http://127.0.0.1:1", https_proxy: "http://127.0.0.1:1" },
    });
    expect(ran).toMatchObject({ exit: 0, stdout: "alice\n" });
    expect(lab.log.of("basic", "connect").map(({ status }) => status)).toEqual([200]);
  });

  it("goes to the gateway where a command gives the login, which is run once for all of them", async () => {
    const asked = join(folder, "asked");
    const command = ["sh", "-c", `echo asked >> "${asked}"; printf '%s' '${lab.login.password}'`];
    const config = join(folder, "config.json");
    const proxy = { url: lab.basic.url, username: lab.login.username, password: { command } };
    await writeFile(config, JSON.stringify({ proxy }), { mode: 0o600 });
    const twice = fetches(`${lab.api.url}/echo`, `${lab.mtls.url}/echo`);
    const ran = await run(
      ["run", "--intercept", "mtls.lab.test", "--", "sh", "-c", `"$0" "$@" && "$0" "$@"`, ...twice],
      {
        variables: { ...labVariables(lab), SALLYPORT_CONFIG: config },
      },
    );
    expect(ran).toMatchObject({ exit: 0, stdout: "null\nalice\nnull\nalice\n" });
    expect(await readFile(asked, "utf8")).toBe("asked\n");
    expect(lab.log.of("basic", "connect").map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  it("finds its own servers on loopback, beside any proxy", async () => {
    const local = `http://localhost:${lab.plain.port}/echo`;
    const ran = await run(["run", "--", ...fetches(local)], { variables: labVariables(lab, lab.strict) });
    expect(ran).toMatchObject({ exit: 0, stdout: "null\n" });
    expect(lab.log.of("strict", "accept")).toEqual([]);
  });

  it("works in a run inside of a run", async () => {
    const inner = [node, bin, "run", "--", ...fetches(`${lab.api.url}/echo`)];
    const ran = await run(["run", "--", ...inner], { variables: labVariables(lab, lab.socks) });
    expect(ran).toMatchObject({ exit: 0, stdout: "null\n" });
    expect(peers(lab.api)).toEqual([undefined]);
    expect(lab.log.of("socks", "connect").map(({ status }) => status)).toEqual([0]);
  });

  it("sends nothing past the gateway, whatever other variables say", async () => {
    const others = { ALL_PROXY: "http://127.0.0.1:1", npm_config_https_proxy: "http://127.0.0.1:1" };
    const curl = ["curl", "-sS", "-o", "/dev/null", `${lab.plain.url}/echo`, `${lab.api.url}/echo`];
    const ran = await run(["run", "--", ...curl], { variables: { ...labVariables(lab, lab.socks), ...others } });
    expect(ran).toMatchObject({ exit: 0 });
    expect(lab.log.of("socks", "connect")).toHaveLength(2);
  });
});
