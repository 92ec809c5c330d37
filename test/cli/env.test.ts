import { existsSync, statSync } from "node:fs";
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createAuthority, encryptKey } from "../../src/lab/index.js";
import { env as schema, tools } from "./support/env-schema.js";
import { run, type Ran } from "./support/run.js";

const password = "p@ss'w%rd $é";
const encoded = "p%40ss%27w%25rd%20%24%C3%A9";
const login = `http://alice:${encoded}@proxy.corp:3128`;
const passphrase = "open 'sesame' %42";
const secrets = [password, encoded, passphrase, "hunter2", Buffer.from(`alice:${password}`).toString("base64")];

const formats = [
  ...["bash", "zsh", "fish", "powershell", "cmd"].map((name) => ["--shell", name]),
  ...tools.map((name) => ["--for", name]),
];

let directory = "";
let files: Readonly<Record<"ca" | "otherCa" | "cert" | "key" | "config", string>>;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "sallyport-env-"));
  const [authority, other] = await Promise.all([
    createAuthority({ name: "Corp Root" }),
    createAuthority({ name: "Other" }),
  ]);
  const issued = await authority.issue({ commonName: "alice", usage: "client" });
  const write = async (name: string, contents: string): Promise<string> => {
    const path = join(directory, name);
    await writeFile(path, contents, { mode: 0o600 });
    return path;
  };
  files = {
    ca: await write("ca.pem", authority.cert),
    otherCa: await write("other.pem", other.cert),
    cert: await write("alice.pem", issued.cert),
    key: await write("alice.key", encryptKey(issued.key, passphrase)),
    config: await write("config.json", "{}"),
  };
});
afterAll(() => rm(directory, { recursive: true, force: true }));

let data = "";
beforeEach(async () => {
  data = await mkdtemp(join(directory, "data-"));
});

type Variables = Readonly<Record<string, string>>;

const env = (args: readonly string[], variables: Variables = {}): Promise<Ran> =>
  run(["env", ...args], { variables: { HOME: directory, XDG_DATA_HOME: data, SHELL: "/bin/bash", ...variables } });

async function json(args: readonly string[], variables: Variables = {}): Promise<z.infer<typeof schema>> {
  const { stdout, stderr, exit } = await env([...args, "--json"], variables);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
  return schema.parse(JSON.parse(stdout));
}

async function configured(settings: object): Promise<Variables> {
  await writeFile(files.config, JSON.stringify(settings));
  await chmod(files.config, 0o600);
  return { SALLYPORT_CONFIG: files.config };
}

const withSecrets = (): Variables => ({
  HTTPS_PROXY: login,
  HTTP_PROXY: login,
  NODE_EXTRA_CA_CERTS: files.ca,
  CLAUDE_CODE_CLIENT_CERT: files.cert,
  CLAUDE_CODE_CLIENT_KEY: files.key,
  CLAUDE_CODE_CLIENT_KEY_PASSPHRASE: passphrase,
});

const none = (said: string): void => {
  for (const secret of secrets) expect(said).not.toContain(secret);
};

describe("secrets", () => {
  it.each(formats)("are not in what %s %s prints, on either stream, nor in its undo", async (flag, name) => {
    for (const more of [[], ["--undo"], ["--json"]]) {
      const { exit, stdout, stderr } = await env([flag, name, ...more], withSecrets());
      expect({ exit, stderr }).toEqual({ exit: 0, stderr: expect.not.stringContaining("error") as string });
      expect(stdout).not.toBe("");
      none(stdout + stderr);
    }
  });

  it("are referred to by the variable that holds them already, which needs no sallyport", async () => {
    const { stdout } = await env([], withSecrets());
    expect(stdout).toContain('export https_proxy="$HTTPS_PROXY"');
    expect(stdout).toContain('export CLAUDE_CODE_CLIENT_KEY_PASSPHRASE="$CLAUDE_CODE_CLIENT_KEY_PASSPHRASE"');
    expect(stdout).not.toContain("--value HTTPS_PROXY");
  });

  it("are asked of sallyport where the variable is written in another way", async () => {
    // Without a scheme, and the password as it is: most programs would stumble over it.
    const { stdout } = await env([], { HTTPS_PROXY: "alice:p@ss'w%rd@proxy.corp:3128" });
    expect(stdout).toContain('export HTTPS_PROXY="$(sallyport env --value HTTPS_PROXY)"');
    expect(stdout).toContain('export https_proxy="$HTTPS_PROXY"');
    expect(stdout).not.toContain("ss'w");
  });

  it("are two where https and http have one each", async () => {
    const variables = await configured({
      httpsProxy: { url: "http://proxy.corp:3128", username: "alice", password: "hunter2-one" },
      httpProxy: { url: "http://proxy.corp:3128", username: "alice", password: "hunter2-two" },
    });
    const { stdout } = await env([], variables);
    expect(stdout).toContain('export HTTPS_PROXY="$(sallyport env --value HTTPS_PROXY)"');
    expect(stdout).toContain('export HTTP_PROXY="$(sallyport env --value HTTP_PROXY)"');
    none(stdout);
    expect((await env(["--value", "HTTP_PROXY"], variables)).stdout).toBe("http://alice:hunter2-two@proxy.corp:3128");
  });

  it("that stand where a path belongs are printed by no format, which says what to do", async () => {
    const key = await readFile(files.key, "utf8");
    const variables = { ...withSecrets(), CLAUDE_CODE_CLIENT_KEY: key.replaceAll("\n", "\\n") };
    for (const [flag = "", name = ""] of formats) {
      const { exit, stdout, stderr } = await env([flag, name, "--secrets"], variables);
      expect(exit).toBe(0);
      expect(stdout + stderr).not.toMatch(/PRIVATE KEY|CLAUDE_CODE_CLIENT_CERT/);
      expect(stderr.replaceAll(/\s+/g, " ")).toContain(
        "a client certificate that is text in CLAUDE_CODE_CLIENT_KEY, where programs need the path of a file: use sallyport run",
      );
    }
  });

  it("are written out, percent-encoded, where that is asked for", async () => {
    const { stdout } = await env(["--secrets"], withSecrets());
    expect(stdout).toContain(`export HTTPS_PROXY='${login}'`);
    expect(stdout).toContain(`export CLAUDE_CODE_CLIENT_KEY_PASSPHRASE='open '\\''sesame'\\'' %42'`);
  });

  it("of a command are not fetched before somebody needs them", async () => {
    const asked = join(directory, "asked");
    const variables = await configured({
      proxy: {
        url: "http://proxy.corp:3128",
        username: "alice",
        password: { command: `touch '${asked}'; echo hunter2` },
      },
    });
    const { stdout, stderr } = await env([], variables);
    expect(existsSync(asked)).toBe(false);
    expect(stdout).toContain('"$(sallyport env --value HTTPS_PROXY)"');
    none(stdout + stderr);
    const printed = await env(["--value", "HTTPS_PROXY"], variables);
    expect(printed).toMatchObject({ exit: 0, stdout: "http://alice:hunter2@proxy.corp:3128", stderr: "" });
    expect(existsSync(asked)).toBe(true);
  });

  it("in options that are added to stay where they are", async () => {
    const variables = { ...withSecrets(), JAVA_TOOL_OPTIONS: "-Dhttps.proxyPassword=hunter2" };
    const { stdout } = await env([], variables);
    none(stdout);
    expect(stdout).toContain(`export JAVA_TOOL_OPTIONS="$SALLYPORT_OLD_JAVA_TOOL_OPTIONS "'-D`);
    none((await env(["--json"], variables)).stdout);
    none((await env(["--for", "docker"], variables)).stdout);
  });

  it("that are a token for a user name are no part of what git is told", async () => {
    const { stdout } = await env(["--for", "gitconfig"], { HTTPS_PROXY: "http://hunter2@proxy.corp:3128" });
    none(stdout);
    expect(stdout).not.toMatch(/^\tproxy/m);
  });
});

describe("--value", () => {
  it.each([
    ["HTTPS_PROXY", login],
    ["HTTP_PROXY", login],
    ["proxy-password", password],
    ["CLAUDE_CODE_CLIENT_KEY_PASSPHRASE", passphrase],
    ["key-passphrase", passphrase],
  ])("prints %s and nothing else, not even a line end", async (name, value) => {
    expect(await env(["--value", name], withSecrets())).toEqual({ exit: 0, stdout: value, stderr: "" });
  });

  it("ends the line for a person at a terminal", async () => {
    const { stdout } = await run(["env", "--value", "proxy-password"], {
      variables: { HOME: directory, HTTPS_PROXY: login },
      isTTY: true,
    });
    expect(stdout).toBe(`${password}\n`);
  });

  it("reads a file that holds the secret", async () => {
    const file = join(directory, "password");
    await writeFile(file, "hunter2\n");
    const variables = await configured({ proxy: { url: "http://proxy.corp:1", username: "a", password: { file } } });
    expect((await env(["--value", "proxy-password"], variables)).stdout).toBe("hunter2");
  });

  it.each([
    ["a name that is none", ["--value", "hunter2"], "known values: HTTPS_PROXY"],
    ["no proxy", ["--value", "HTTPS_PROXY"], "the settings name no proxy"],
    ["no passphrase", ["--value", "key-passphrase"], "the settings name no passphrase"],
  ])("says what is wrong with %s", async (_, args, expected) => {
    const { exit, stdout, stderr } = await env(args);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: "" });
    expect(stderr).toContain(expected);
    none(stderr);
  });
});

describe("files", () => {
  it("lie in the user's data folder, named by what they hold, and are the same the next time", async () => {
    const first = await json([], { NODE_EXTRA_CA_CERTS: files.ca });
    const folder = join(data, "sallyport");
    expect(first.files.extra).toMatch(new RegExp(`^${folder}/extra-[0-9a-f]{16}\\.pem$`));
    expect(await readFile(first.files.extra ?? "", "utf8")).toBe(await readFile(files.ca, "utf8"));
    expect(await readFile(first.files.merged ?? "", "utf8")).toContain(await readFile(files.ca, "utf8"));
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const names = await readdir(folder);
    expect((await json([], { NODE_EXTRA_CA_CERTS: files.ca })).files).toEqual(first.files);
    expect(await readdir(folder)).toEqual(names);
  });

  it("of an older shell stay when the authorities change", async () => {
    const first = await json([], { NODE_EXTRA_CA_CERTS: files.ca });
    const second = await json([], { NODE_EXTRA_CA_CERTS: files.otherCa });
    expect(second.files.extra).not.toBe(first.files.extra);
    expect(existsSync(first.files.extra ?? "")).toBe(true);
  });

  it("follow the user's own, where a shell already has ours", async () => {
    const first = await json([], { NODE_EXTRA_CA_CERTS: files.ca });
    const inShell = {
      ...Object.fromEntries(first.variables.map(({ name, value }) => [name, value ?? ""])),
      SALLYPORT_ENV: first.variables.map(({ name }) => name).join(" "),
      // The shell has kept what was there before.
      SALLYPORT_OLD_NODE_EXTRA_CA_CERTS: files.otherCa,
    };
    const second = await json([], inShell);
    expect(await readFile(second.files.extra ?? "", "utf8")).toBe(await readFile(files.otherCa, "utf8"));
    const java = second.variables.find(({ name }) => name === "JAVA_TOOL_OPTIONS")?.value ?? "";
    expect(java.match(/trustStore=/g)).toHaveLength(1);
    expect(second.text).not.toContain("SALLYPORT_OLD_JAVA_TOOL_OPTIONS");
  });

  it("are none where nothing is to be added to what programs trust, and for an undo", async () => {
    expect((await json([], { HTTPS_PROXY: "http://proxy.corp:1" })).files).toEqual({});
    await env(["--for", "pip", "--undo"], { NODE_EXTRA_CA_CERTS: files.ca });
    expect(existsSync(join(data, "sallyport"))).toBe(false);
  });

  it("tell PHP behind the folders that it reads already, and only its own folder in a container", async () => {
    const variables = { NODE_EXTRA_CA_CERTS: files.ca, PHP_INI_SCAN_DIR: "/mine" };
    expect((await env(["--shell", "bash"], variables)).stdout).toContain(`PHP_INI_SCAN_DIR='/mine:${data}/sallyport'`);
    const { stdout } = await env(["--for", "docker"], variables);
    expect(stdout).toContain("\nPHP_INI_SCAN_DIR=:/etc/sallyport\n");
    expect(stdout).toMatch(/php-\w+\.ini:\/etc\/sallyport\/php\.ini:ro/);
    expect((await env(["--for", "gitlab"], variables)).stdout).not.toContain("PHP_INI_SCAN_DIR");
  });

  it.each(["docker", "devcontainer", "kubernetes"])(
    "name each other as they are named in a container, for %s: wget finds the authorities",
    async (format) => {
      await writeFile(join(directory, ".wgetrc"), "password = hunter2\n");
      const { text, files: written } = await json(["--for", format], { NODE_EXTRA_CA_CERTS: files.ca });
      expect(text).toContain("/etc/sallyport/wgetrc");
      expect(await readFile(written.wgetrc ?? "", "utf8")).toBe("ca_certificate = /etc/sallyport/authorities.pem\n");
      await rm(join(directory, ".wgetrc"));
    },
  );

  it("hold no wgetrc in place of the user's own", async () => {
    const variables = { NODE_EXTRA_CA_CERTS: files.ca };
    expect((await json([], variables)).files.wgetrc).toBeDefined();
    expect((await json([], { ...variables, WGETRC: "/mine" })).files.wgetrc).toBeUndefined();
    await writeFile(join(directory, ".wgetrc"), "password = hunter2\n");
    expect((await json([], variables)).files.wgetrc).toBeUndefined();
    await rm(join(directory, ".wgetrc"));
  });
});

describe("what variables cannot express", () => {
  it.each([
    ["a SOCKS proxy", { proxy: "socks5h://socks.corp:1080" }, "a SOCKS proxy"],
    ["a proxy over TLS", { proxy: "https://proxy.corp:443" }, "a proxy over TLS"],
    ["rules by host", { routes: [{ hosts: "git.corp", proxy: "http://other:1" }] }, "routes for single hosts"],
  ])("is said in one line on stderr: %s", async (_, settings, expected) => {
    const { stderr, exit } = await env([], await configured(settings));
    expect(exit).toBe(0);
    expect(stderr.split("\n")).toEqual([expect.stringContaining(expected), ""]);
    expect(stderr).toContain("--gateway");
  });

  it("is said of a client certificate as well", async () => {
    const { stderr } = await env([], withSecrets());
    expect(stderr).toContain("a client certificate, which Claude Code alone takes from variables");
  });

  it("is said of nothing where there is nothing", async () => {
    expect((await env([], { HTTPS_PROXY: "http://proxy.corp:1" })).stderr).toBe("");
  });

  it.each([
    ["a PAC file", { SALLYPORT_PAC_URL: "http://wpad.corp/proxy.pac" }, "a PAC file chooses the proxy"],
    ["a proxy that is none", { HTTPS_PROXY: "gopher://proxy" }, "PROXY_SCHEME_UNSUPPORTED"],
    ["a CA file that is not there", { NODE_EXTRA_CA_CERTS: "/nowhere.pem" }, "CA_FILE_UNREADABLE"],
  ])("is refused where half of it would be worse than nothing: %s", async (_, variables, expected) => {
    const { exit, stdout, stderr } = await env([], variables);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: "" });
    expect(stderr).toContain(expected);
  });

  it("is refused for two proxies in a chain as well, of which a variable could name one alone", async () => {
    const path = join(directory, "chain.json");
    await writeFile(path, JSON.stringify({ proxy: ["http://one.test:1", "http://two.test:2"] }));
    const { exit, stdout, stderr } = await env([], { SALLYPORT_CONFIG: path });
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: "" });
    expect(stderr).toContain("names several proxies in a chain");
  });
});

describe("--gateway", () => {
  const url = "http://sallyport:hunter2@127.0.0.1:8888";

  it("sends everything but loopback there, and keeps the token out", async () => {
    const { exit, stdout, stderr } = await env(["--gateway"], {
      ...withSecrets(),
      NO_PROXY: ".corp",
      SALLYPORT_GATEWAY: url,
    });
    expect(exit).toBe(0);
    expect(stdout).toContain('export HTTPS_PROXY="$SALLYPORT_GATEWAY"');
    expect(stdout).toContain('export http_proxy="$SALLYPORT_GATEWAY"');
    expect(/^export NO_PROXY='(.*)'$/m.exec(stdout)?.[1]).not.toContain("corp");
    // The gateway shows the certificate; programs need none of it.
    expect(stdout).not.toMatch(/^export CLAUDE_CODE_CLIENT_/m);
    expect(stderr).not.toContain("cannot express");
    none(stdout + stderr);
  });

  it("says that what the gateway opens needs its authority, unless that is given", async () => {
    expect((await env(["--gateway"], { SALLYPORT_GATEWAY: url })).stderr).toContain("--cacert");
    const given = await env(["--gateway", "--cacert", files.ca], { SALLYPORT_GATEWAY: url });
    expect(given.stderr).toBe("");
    expect(given.stdout).toContain("NODE_EXTRA_CA_CERTS=");
  });

  it("takes a URL with a token from the command line only to write it out", async () => {
    const refused = await env(["--gateway", url]);
    expect({ exit: refused.exit, stdout: refused.stdout }).toEqual({ exit: 2, stdout: "" });
    expect(refused.stderr).toContain("SALLYPORT_GATEWAY");
    none(refused.stderr);
    expect((await env(["--gateway", url, "--secrets"])).stdout).toContain(`export HTTPS_PROXY='${url}'`);
    expect((await env(["--gateway", "http://127.0.0.1:8888"])).stdout).toContain("HTTPS_PROXY='http://127.0.0.1:8888'");
  });

  it.each(["systemd", "gitconfig", "npmrc", "docker", "vscode", "claude", "pip"])(
    "gives %s no way to ask for the login of another proxy",
    async (tool) => {
      const { stdout, stderr } = await env(["--for", tool, "--gateway"], { ...withSecrets(), SALLYPORT_GATEWAY: url });
      expect(stdout).not.toMatch(/--value (?!SALLYPORT_GATEWAY)|proxy\.corp/);
      none(stdout + stderr);
    },
  );

  it("is what --value prints for those that refer to it", async () => {
    const { stdout } = await env(["--value", "SALLYPORT_GATEWAY"], { SALLYPORT_GATEWAY: url });
    expect(stdout).toBe(url);
    expect(await env(["--value", "SALLYPORT_GATEWAY"])).toMatchObject({ exit: 2, stdout: "" });
  });

  it.each([
    ["a CI's machine", ["--for", "gitlab", "--gateway", "http://127.0.0.1:8888"], {}],
    ["nothing at all", ["--gateway"], {}],
    ["a Unix socket", ["--gateway", "unix:/run/hunter2"], {}],
    ["no URL", ["--gateway", "hunter2"], {}],
  ])("says what is wrong with %s", async (_, args, variables) => {
    const { exit, stdout, stderr } = await env(args, variables);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: "" });
    expect(stderr).toMatch(/^error: .*gateway.*\nhint: /i);
    none(stderr);
  });
});

describe("the format", () => {
  it.each([
    ["/usr/bin/zsh", ": 'sallyport"],
    ["/opt/bin/fish", "# sallyport"],
    ["/bin/dash", "# sallyport"],
  ])("is that of the shell one is in: %s", async (SHELL, expected) => {
    const { stdout } = await env([], { SHELL, HTTPS_PROXY: "http://proxy.corp:1" });
    expect(stdout.startsWith(expected)).toBe(true);
    expect(stdout.includes("set -gx")).toBe(SHELL.endsWith("fish"));
  });

  it.each([
    ["a shell that SHELL names and nobody knows", [], { SHELL: "/bin/csh" }, "--shell"],
    ["a shell that is none", ["--shell", "bsh"], {}, "did you mean bash?"],
    ["a tool that is none", ["--for", "dokcer"], {}, "did you mean docker?"],
    ["both", ["--shell", "bash", "--for", "pip"], {}, "use one of them"],
  ])("is asked for again: %s", async (_, args, variables, expected) => {
    const { exit, stdout, stderr } = await env(args, variables);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: "" });
    expect(stderr).toContain(expected);
  });

  it("takes away what would lead programs past the settings, and tells of it", async () => {
    const variables = {
      HTTPS_PROXY: "http://proxy.corp:1",
      npm_config_proxy: "http://other:1",
      GIT_SSL_NO_VERIFY: "1",
    };
    const { stdout } = await env([], variables);
    expect(stdout).toMatch(/^unset npm_config_proxy$/m);
    expect(stdout).toMatch(/^unset GIT_SSL_NO_VERIFY$/m);
    expect((await json([], variables)).removed.sort()).toEqual(["GIT_SSL_NO_VERIFY", "npm_config_proxy"]);
  });

  it("loads the preload into Node programs where that is asked for, before all that was there", async () => {
    const { stdout } = await env(["--preload"], { NODE_OPTIONS: "--no-warnings", HTTPS_PROXY: "http://proxy.corp:1" });
    expect(stdout).toMatch(/^export NODE_OPTIONS='--require ".*register\.cjs"'" \$SALLYPORT_OLD_NODE_OPTIONS"$/m);
    expect((await env([], { HTTPS_PROXY: "http://proxy.corp:1" })).stdout).not.toContain("NODE_OPTIONS");
    const refused = await env(["--preload", "--for", "docker"]);
    expect({ exit: refused.exit, stdout: refused.stdout }).toEqual({ exit: 2, stdout: "" });
  });

  it("of the JSON is what schema/env.json says", async () => {
    const text = `${JSON.stringify(z.toJSONSchema(schema), null, 2)}\n`;
    await expect(text).toMatchFileSnapshot(join(import.meta.dirname, "../../schema/env.json"));
  });

  it("is the same in JSON, with the variables one by one and secrets as null", async () => {
    const { text, variables, format } = await json([], withSecrets());
    expect(text).toBe((await env([], withSecrets())).stdout);
    expect(format).toBe("bash");
    expect(variables.find(({ name }) => name === "HTTPS_PROXY")).toMatchObject({ value: null, secret: true });
    expect(variables.find(({ name }) => name === "NODE_EXTRA_CA_CERTS")).toMatchObject({ secret: false });
  });
});
