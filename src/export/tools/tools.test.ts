import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tools, type ExportedSettings, type ToolName } from "../index.js";

/** A folder whose name has what the formats take for their own. */
const folder = `/data/O'Neil "50%" $HOME;#x`;
const noProxy = "localhost,.corp,10.0.0.0/8";
const odd = `a\\b "c" 'd' $e \`f\` %g% #h ;i \${j} \${{ k }} ü`;

const byReference: ExportedSettings = {
  version: "1.2.3",
  platform: "linux",
  assignments: [
    { name: "HTTPS_PROXY", value: { kind: "secret", name: "HTTPS_PROXY" }, readBy: "" },
    { name: "https_proxy", value: { kind: "secret", name: "HTTPS_PROXY" }, readBy: "" },
    { name: "NO_PROXY", value: { kind: "plain", parts: [noProxy] }, readBy: "" },
    { name: "ODD", value: { kind: "plain", parts: [odd] }, readBy: "" },
    { name: "NODE_EXTRA_CA_CERTS", value: { kind: "plain", parts: [{ file: "extra" }] }, readBy: "" },
    { name: "SSL_CERT_FILE", value: { kind: "plain", parts: [{ file: "merged" }] }, readBy: "" },
    {
      name: "JAVA_TOOL_OPTIONS",
      value: { kind: "plain", parts: ["-Dx=", { file: "truststore" }, " -Dy"] },
      readBy: "",
    },
  ],
  proxy: { https: { url: "http://proxy.corp:3128", login: true, username: "alice" } },
  files: { extra: `${folder}/extra.pem`, merged: `${folder}/authorities.pem`, truststore: `${folder}/authorities.p12` },
  heldBy: new Map(),
};
const open: ExportedSettings = {
  ...byReference,
  assignments: byReference.assignments.map((assignment) =>
    assignment.value.kind === "secret"
      ? { ...assignment, value: { kind: "plain", parts: ["http://proxy.corp:3128"] } }
      : assignment,
  ),
  proxy: {
    https: { url: "http://proxy.corp:3128", login: false },
    http: { url: "http://proxy.corp:3128", login: false },
  },
};
const withCertificate: ExportedSettings = {
  ...byReference,
  clientCertificate: { cert: `${folder}/alice.pem`, key: `${folder}/alice.key`, encrypted: true },
};

const password = `p@ss"w\\o$r\`d'%`;
const proxyWithLogin = "http://alice:p%40ss%22@proxy.corp:3128";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "sallyport-tools-"));
  await writeFile(join(directory, "password"), password);
  await writeFile(
    join(directory, "sallyport"),
    `#!/bin/sh\ncase "$3" in proxy-password) cat '${directory}/password';; *) printf %s '${proxyWithLogin}';; esac\n`,
  );
  await chmod(join(directory, "sallyport"), 0o755);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const path = process.env["PATH"] ?? "";
const have = (program: string): boolean => path.split(delimiter).some((each) => existsSync(join(each, program)));
const systemd = "/usr/lib/systemd/systemd";

/** A program of the machine, with no variable but these. */
function execute(
  [program = "", ...args]: readonly string[],
  { input, ...variables }: Readonly<Record<string, string>> = {},
): string {
  const { status, stdout, stderr } = spawnSync(program, args, {
    ...(input !== undefined && { input }),
    encoding: "utf8",
    maxBuffer: 1 << 24,
    env: { PATH: `${directory}:${path}`, HOME: directory, ...variables },
  });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`);
  return stdout;
}

const text = (tool: ToolName, exported = byReference): string => tools[tool].render(exported).text;
const undo = (tool: ToolName, exported = byReference): string => tools[tool].undo(exported).text;

/** What Python's YAML reader makes of a text; the one of a CI reads the same language. */
function yaml(content: string): unknown {
  const script = "import json,sys,yaml; print(json.dumps(yaml.safe_load(sys.stdin.read())))";
  return JSON.parse(execute(["/usr/bin/python3", "-c", script], { input: content }));
}
const hasYaml = existsSync("/usr/bin/python3") && spawnSync("/usr/bin/python3", ["-c", "import yaml"]).status === 0;

describe("every tool", () => {
  it.each(Object.keys(tools) as ToolName[])("%s: says whose text it is where the format has comments", (tool) => {
    const first = text(tool).split("\n")[0] ?? "";
    expect(first).toMatch(tool === "claude" ? /^\{$/ : /^(#|;|\/\/|<!--) sallyport 1\.2\.3: /);
  });

  it.each(Object.keys(tools) as ToolName[])("%s: has an undo that names no secret", (tool) => {
    expect(undo(tool)).not.toBe("");
    expect(undo(tool)).not.toContain("alice");
  });
});

describe("docker", () => {
  it("takes each line as it is, and passes on what stands there by its name alone", () => {
    const lines = text("docker")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    expect(lines).toEqual([
      "HTTPS_PROXY",
      "https_proxy",
      `NO_PROXY=${noProxy}`,
      `ODD=${odd}`,
      "NODE_EXTRA_CA_CERTS=/etc/sallyport/extra.pem",
      "SSL_CERT_FILE=/etc/sallyport/authorities.pem",
      "JAVA_TOOL_OPTIONS=-Dx=/etc/sallyport/authorities.p12 -Dy",
    ]);
  });

  it("mounts the files where the variables say, whatever their folder is called", () => {
    const command = /docker run .*/.exec(text("docker", withCertificate))?.[0] ?? "";
    const words = execute(["bash", "-c", `docker() { printf '%s\\0' "$@"; }; ${command}`]).split("\0");
    expect(words).toEqual([
      "run",
      "--env-file",
      "sallyport.env",
      "-v",
      `${folder}/extra.pem:/etc/sallyport/extra.pem:ro`,
      "-v",
      `${folder}/authorities.pem:/etc/sallyport/authorities.pem:ro`,
      "-v",
      `${folder}/authorities.p12:/etc/sallyport/authorities.p12:ro`,
      "-v",
      `${folder}/alice.pem:${folder}/alice.pem:ro`,
      "-v",
      `${folder}/alice.key:${folder}/alice.key:ro`,
      "IMAGE",
      "",
    ]);
  });

  it("warns of a proxy on this machine's loopback", () => {
    const local = { ...open, proxy: { https: { url: "http://127.0.0.1:8888", login: false } } };
    expect(tools.docker.render(local).notes.join()).toContain("--network host");
    expect(tools.docker.render(open).notes).toEqual([]);
  });

  it("leaves out what has more than one line", () => {
    const lines = {
      ...open,
      assignments: [{ name: "X", value: { kind: "plain", parts: ["a\nY=b"] }, readBy: "" } as const],
    };
    expect(text("docker", lines)).not.toContain("Y=b");
    expect(tools.docker.render(lines).notes.join()).toContain("X is left out");
  });
});

describe.skipIf(!hasYaml || !have("bash"))("GitHub Actions", () => {
  interface Step {
    readonly name: string;
    readonly shell: string;
    readonly env: Readonly<Record<string, string>>;
    readonly run: string;
  }

  it("is a step that gives its variables to those behind it", async () => {
    const [step] = yaml(text("github-actions")) as [Step];
    expect(step.env).toEqual({
      SALLYPORT_HTTPS_PROXY: "${{ secrets.SALLYPORT_HTTPS_PROXY }}",
      SALLYPORT_CA: "${{ vars.SALLYPORT_CA }}",
    });
    const runner = join(directory, "runner temp");
    await mkdir(runner, { recursive: true });
    const environmentFile = join(directory, "github.env");
    // Actions replaces expressions wherever they stand; the only one here is a string, which stands for its own beginning.
    expect(step.run.match(/\$\{\{.*?\}\}/g)).toEqual(["${{ '${{' }}"]);
    const script = step.run.replaceAll("${{ '${{' }}", "${{");
    execute(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script], {
      RUNNER_TEMP: runner,
      GITHUB_ENV: environmentFile,
      SALLYPORT_HTTPS_PROXY: proxyWithLogin,
      SALLYPORT_CA: "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----",
    });
    expect((await readFile(environmentFile, "utf8")).split("\n")).toEqual([
      `HTTPS_PROXY=${proxyWithLogin}`,
      `https_proxy=${proxyWithLogin}`,
      `NO_PROXY=${noProxy}`,
      `ODD=${odd}`,
      `NODE_EXTRA_CA_CERTS=${runner}/sallyport/extra.pem`,
      `SSL_CERT_FILE=${runner}/sallyport/authorities.pem`,
      "",
    ]);
    const extra = await readFile(`${runner}/sallyport/extra.pem`, "utf8");
    expect(extra).toBe("-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n");
    const merged = await readFile(`${runner}/sallyport/authorities.pem`, "utf8");
    expect(merged.startsWith(extra)).toBe(true);
    const bundle = "/etc/ssl/certs/ca-certificates.crt";
    expect(merged).toContain(existsSync(bundle) ? await readFile(bundle, "utf8") : extra);
  });

  it("names the commands that put the secrets there without showing them", () => {
    expect(text("github-actions")).toContain("sallyport env --value HTTPS_PROXY | gh secret set SALLYPORT_HTTPS_PROXY");
    expect(undo("github-actions")).toContain("gh secret delete SALLYPORT_HTTPS_PROXY");
    expect(undo("github-actions")).toContain("gh variable delete SALLYPORT_CA");
  });

  it("leaves out what only this machine has, and says so", () => {
    expect(text("github-actions")).not.toContain("JAVA_TOOL_OPTIONS");
    expect(tools["github-actions"].render(byReference).notes.join()).toContain("JAVA_TOOL_OPTIONS");
  });
});

describe.skipIf(!hasYaml || !have("dash"))("GitLab", () => {
  interface Configuration {
    readonly variables: Readonly<Record<string, string>>;
    readonly default: { readonly before_script: readonly string[] };
  }

  it("has what needs no file in its variables, for GitLab's own use as well", () => {
    const { variables } = yaml(text("gitlab")) as Configuration;
    expect(variables).toEqual({
      HTTPS_PROXY: "$SALLYPORT_HTTPS_PROXY",
      https_proxy: "$SALLYPORT_HTTPS_PROXY",
      NO_PROXY: noProxy,
      // GitLab reads `$$` as a dollar.
      ODD: odd.replaceAll("$", "$$$$"),
    });
  });

  it("writes the authorities in a script for any shell", async () => {
    const { default: job } = yaml(text("gitlab")) as Configuration;
    const project = join(directory, "project x");
    const ca = join(directory, "ca.pem");
    await writeFile(ca, "-----BEGIN CERTIFICATE-----\n");
    const script = `${job.before_script.join("\n")}\nprintf '%s|%s' "$NODE_EXTRA_CA_CERTS" "$SSL_CERT_FILE"`;
    const printed = execute(["dash", "-e", "-c", script], { CI_PROJECT_DIR: project, SALLYPORT_CA: ca });
    expect(printed).toBe(`${project}.tmp/sallyport/extra.pem|${project}.tmp/sallyport/authorities.pem`);
    expect(await readFile(`${project}.tmp/sallyport/extra.pem`, "utf8")).toBe("-----BEGIN CERTIFICATE-----\n");
  });
});

describe("Claude Code", () => {
  it("gets a settings file with every variable that is not a secret, and says which one is missing", () => {
    const { text: printed, notes } = tools.claude.render(byReference);
    expect(JSON.parse(printed)).toEqual({
      env: {
        NO_PROXY: noProxy,
        ODD: odd,
        NODE_EXTRA_CA_CERTS: `${folder}/extra.pem`,
        SSL_CERT_FILE: `${folder}/authorities.pem`,
        JAVA_TOOL_OPTIONS: `-Dx=${folder}/authorities.p12 -Dy`,
      },
    });
    expect(notes.join()).toContain("HTTPS_PROXY and https_proxy hold a secret");
  });

  it.skipIf(!have("jq"))("is itself again after the undo", async () => {
    await mkdir(join(directory, ".claude"), { recursive: true });
    const settings = join(directory, ".claude/settings.json");
    const merged = {
      model: "opus",
      env: { MINE: "kept", ...(JSON.parse(text("claude", open)) as { env: object }).env },
    };
    await writeFile(settings, JSON.stringify(merged));
    execute(["bash", "-c", undo("claude", open)]);
    expect(JSON.parse(await readFile(settings, "utf8"))).toEqual({ model: "opus", env: { MINE: "kept" } });
  });
});

describe("VS Code", () => {
  const settings = (exported: ExportedSettings): Record<string, unknown> =>
    JSON.parse(text("vscode", exported).replace(/^\/\/.*$/gm, "")) as Record<string, unknown>;

  it("gets the proxy without its login, which the editor asks for", () => {
    expect(settings(byReference)).toMatchObject({
      "http.proxy": "http://proxy.corp:3128",
      "http.noProxy": ["localhost", ".corp", "10.0.0.0/8"],
      "http.proxySupport": "override",
    });
    expect(text("vscode")).toContain("login is not included");
  });

  it("gives its terminals the variables, and secrets from where the editor was started", () => {
    expect(settings(byReference)["terminal.integrated.env.linux"]).toMatchObject({
      HTTPS_PROXY: "${env:HTTPS_PROXY}",
      https_proxy: "${env:HTTPS_PROXY}",
      ODD: odd,
    });
    expect(settings({ ...byReference, platform: "darwin" })).toHaveProperty(["terminal.integrated.env.osx"]);
  });
});

describe.skipIf(!existsSync(systemd))("systemd", () => {
  it("gives a service every value as it is", async () => {
    const place = join(directory, "systemd");
    await mkdir(join(place, "sallyport.service.d"), { recursive: true });
    await writeFile(join(place, "sallyport.service"), "[Service]\nExecStart=/bin/true\n");
    await writeFile(join(place, "sallyport.service.d/sallyport.conf"), text("systemd"));
    const printed = asNobody([systemd, "--user", "--test", "--unit=sallyport.service"], place);
    const environment = printed
      .split("\n")
      .filter((line) => line.includes("\tEnvironment: "))
      .map((line) => line.replace(/^.*\tEnvironment: /, ""));
    expect(environment).toEqual(
      expect.arrayContaining([
        `NO_PROXY=${noProxy}`,
        `ODD=${odd}`,
        `NODE_EXTRA_CA_CERTS=${folder}/extra.pem`,
        `JAVA_TOOL_OPTIONS=-Dx=${folder}/authorities.p12 -Dy`,
      ]),
    );
    expect(printed).toMatch(/EnvironmentFile: .*\/\.config\/sallyport\/secrets\.env/);
    expect(printed).not.toMatch(/ignoring|Invalid/i);
  });

  it("has the secrets in a file that its comment writes", async () => {
    const commands = text("systemd")
      .split("\n")
      .filter((line) => line.startsWith("#   "))
      .map((line) => line.slice(4))
      .join("\n");
    execute(["bash", "-c", commands]);
    const file = join(directory, ".config/sallyport/secrets.env");
    expect(await readFile(file, "utf8")).toBe(`HTTPS_PROXY="${proxyWithLogin}"\nhttps_proxy="${proxyWithLogin}"\n`);
    expect(execute(["stat", "-c", "%a", file])).toBe("600\n");
  });

  /** A manager for users refuses to run as root. */
  function asNobody(command: readonly string[], units: string): string {
    const root = process.getuid?.() === 0;
    if (root) execute(["chmod", "-R", "a+rwX", directory]);
    return execute([...(root ? ["setpriv", "--reuid=65534", "--clear-groups"] : []), ...command], {
      XDG_RUNTIME_DIR: directory,
      SYSTEMD_UNIT_PATH: `${units}:`,
    });
  }
});

describe.skipIf(!have("npm"))("npm", () => {
  /** From a file of the user's alone: not the machine's, nor the working directory's. */
  async function reader(exported: ExportedSettings, variables = {}): Promise<(name: string) => string> {
    const file = join(directory, "npmrc");
    await writeFile(file, text("npmrc", exported));
    return (name) =>
      execute(["npm", "config", "get", name], {
        npm_config_userconfig: file,
        npm_config_globalconfig: join(directory, "none"),
        ...variables,
      })
        .trimEnd()
        // Some versions write a URL in full.
        .replace(/\/$/, "");
  }

  it("reads the values as they are", async () => {
    const get = await reader(open);
    expect(get("proxy")).toBe("http://proxy.corp:3128");
    expect(get("https-proxy")).toBe("http://proxy.corp:3128");
    expect(get("noproxy")).toBe(noProxy);
    expect(get("cafile")).toBe(`${folder}/authorities.pem`);
  }, 30_000);

  it("has a login of its own for each proxy", () => {
    const two: ExportedSettings = {
      ...byReference,
      assignments: [
        ...byReference.assignments,
        { name: "HTTP_PROXY", value: { kind: "secret", name: "HTTP_PROXY" }, readBy: "" },
      ],
      proxy: { ...byReference.proxy, http: { url: "http://other.corp:1", login: true } },
      heldBy: new Map([["HTTP_PROXY", "http_proxy"]]),
    };
    expect(text("npmrc", two)).toMatch(/^https-proxy=\$\{HTTPS_PROXY\}\nproxy=\$\{http_proxy\}$/m);
  });

  it("takes a proxy with a login from the environment", async () => {
    expect(text("npmrc")).toContain("https-proxy=${HTTPS_PROXY}");
    // Without a login here, since npm shows none.
    const get = await reader(byReference, { HTTPS_PROXY: "http://by-reference:1" });
    expect(get("https-proxy")).toBe("http://by-reference:1");
  }, 30_000);
});

describe.skipIf(!have("git"))("git", () => {
  async function config(exported: ExportedSettings): Promise<string> {
    const file = join(directory, "gitconfig");
    await writeFile(file, text("gitconfig", exported));
    return file;
  }
  const get = (file: string, key: string): string => execute(["git", "config", "-z", "-f", file, "--get", key]);

  it("reads the values as they are", async () => {
    const file = await config(withCertificate);
    expect(get(file, "http.proxy")).toBe("http://alice@proxy.corp:3128\0");
    expect(get(file, "http.sslCAInfo")).toBe(`${folder}/authorities.pem\0`);
    expect(get(file, "http.sslCert")).toBe(`${folder}/alice.pem\0`);
    expect(get(file, "http.sslKey")).toBe(`${folder}/alice.key\0`);
    expect(get(file, "http.sslCertPasswordProtected")).toBe("true\0");
  });

  it("asks sallyport for the proxy's password, byte for byte", async () => {
    const file = await config(byReference);
    const answer = execute(["git", "credential", "fill"], {
      GIT_CONFIG_GLOBAL: file,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_TERMINAL_PROMPT: "0",
      input: "protocol=http\nhost=proxy.corp:3128\nusername=alice\n\n",
    });
    expect(answer).toContain(`password=${password}\n`);
  });

  it("names no proxy whose whole login is a secret: git takes it from the variable then", () => {
    const token = { ...byReference, proxy: { https: { url: "http://proxy.corp:3128", login: true } } };
    expect(text("gitconfig", token)).not.toMatch(/^\tproxy =/m);
    expect(text("gitconfig", token)).toContain("HTTPS_PROXY");
  });

  it("is itself again after the undo", async () => {
    const file = await config(withCertificate);
    execute(["bash", "-ec", undo("gitconfig", withCertificate)], { GIT_CONFIG_GLOBAL: file });
    expect(execute(["git", "config", "-f", file, "--list"])).toBe("");
  });
});

describe.skipIf(!existsSync("/usr/bin/python3"))("pip", () => {
  it("reads the values as they are, by the reader that pip uses", async () => {
    const file = join(directory, "pip.conf");
    await writeFile(file, text("pip", open));
    const script =
      "import configparser,json,sys; p=configparser.RawConfigParser(); p.read(sys.argv[1]); print(json.dumps(dict(p['global'])))";
    expect(JSON.parse(execute(["/usr/bin/python3", "-c", script, file]))).toEqual({
      proxy: "http://proxy.corp:3128",
      cert: `${folder}/authorities.pem`,
    });
  });

  it("leaves a proxy with a login to HTTPS_PROXY, which pip reads where its file names none", () => {
    expect(text("pip")).not.toMatch(/^proxy/m);
    expect(text("pip")).toContain("HTTPS_PROXY");
  });
});

describe("a login that is to be written out", () => {
  /** These have a field for each part of it, or ask for it themselves. */
  const inParts: readonly ToolName[] = ["hg", "svn", "gradle", "maven", "jetbrains", "php", "electron"];
  const written: ExportedSettings = {
    ...open,
    assignments: byReference.assignments.map((assignment) =>
      assignment.value.kind === "secret"
        ? { ...assignment, value: { kind: "plain", parts: [proxyWithLogin] } }
        : assignment,
    ),
    proxy: { https: { url: "http://proxy.corp:3128", login: true, username: "alice", urlWithLogin: proxyWithLogin } },
  };

  it.each((Object.keys(tools) as ToolName[]).filter((tool) => !inParts.includes(tool)))(
    "is in the text for %s",
    (tool) => {
      // In the spelling of the format: a drop-in of systemd doubles the percent sign.
      expect(text(tool, written).replaceAll("%%", "%")).toContain(proxyWithLogin);
    },
  );
});
