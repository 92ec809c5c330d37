import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tools, type ExportedSettings, type ToolName } from "../index.js";
import { lineTools } from "./line-tools.js";

const folder = `/data/O'Neil 50% x`;
const proxy = { url: "http://proxy.corp:3128", login: false };
const exported: ExportedSettings = {
  version: "1.2.3",
  platform: "linux",
  assignments: [
    { name: "HTTPS_PROXY", value: { kind: "plain", parts: [proxy.url] }, readBy: "" },
    { name: "NO_PROXY", value: { kind: "plain", parts: ["localhost,.corp,10.0.0.0/8"] }, readBy: "" },
    { name: "SSL_CERT_FILE", value: { kind: "plain", parts: [{ file: "merged" }] }, readBy: "" },
    { name: "ODD", value: { kind: "plain", parts: ["$(HOME) \"'%"] }, readBy: "" },
  ],
  proxy: { https: proxy, http: proxy },
  files: { extra: `${folder}/extra.pem`, merged: `${folder}/authorities.pem`, truststore: `${folder}/authorities.p12` },
  heldBy: new Map(),
};
const withLogin: ExportedSettings = {
  ...exported,
  assignments: [{ name: "HTTPS_PROXY", value: { kind: "secret", name: "HTTPS_PROXY" }, readBy: "" }],
  proxy: { https: { ...proxy, login: true, username: "alice" } },
};
const written = (password: string): ExportedSettings => ({
  ...withLogin,
  proxy: {
    https: { ...proxy, login: true, urlWithLogin: `http://alice:${encodeURIComponent(password)}@proxy.corp:3128` },
  },
});

let home = "";
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "sallyport-lines-"));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const path = process.env["PATH"] ?? "";
const have = (program: string): boolean => path.split(delimiter).some((each) => existsSync(join(each, program)));

function execute([program = "", ...args]: readonly string[], variables: Record<string, string> = {}): string {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: "utf8",
    env: { PATH: path, HOME: home, ...variables },
  });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`);
  return stdout;
}

const text = (tool: ToolName, settings = exported): string => tools[tool].render(settings).text;
const formats = Object.keys(lineTools) as (keyof typeof lineTools)[];

async function file(tool: ToolName, settings = exported): Promise<string> {
  const name = join(home, tool);
  await writeFile(name, text(tool, settings));
  return name;
}

describe("a tool's own settings, read by the tool", () => {
  it.skipIf(!have("apt-config"))("apt", async () => {
    const dump = execute(["apt-config", "dump"], { APT_CONFIG: await file("apt") });
    expect(dump).toContain('Acquire::https::Proxy "http://proxy.corp:3128";');
    expect(dump).toContain('Acquire::https::Proxy::localhost "DIRECT";');
    expect(dump).toContain('Acquire::https::CAInfo "/etc/sallyport/authorities.pem";');
  });

  it.skipIf(!have("php") || !execute(["php", "-m"]).includes("\ncurl\n"))("PHP", async () => {
    const print = "echo ini_get('openssl.cafile'), ' ', ini_get('curl.cainfo');";
    await mkdir(join(home, "php.d"));
    await writeFile(join(home, "php.d", "99-sallyport.ini"), text("php"));
    expect(execute(["php", "-r", print], { PHP_INI_SCAN_DIR: `:${home}/php.d` })).toBe(
      "/etc/sallyport/authorities.pem /etc/sallyport/authorities.pem",
    );
  });

  it.skipIf(!have("hg"))("Mercurial", async () => {
    const HGRCPATH = await file("hg", written("p@ss w%rd"));
    const value = (name: string): string => execute(["hg", "config", name], { HGRCPATH }).trimEnd();
    expect(["http_proxy.host", "http_proxy.passwd", "web.cacerts"].map(value)).toEqual([
      "proxy.corp:3128",
      "p@ss w%rd",
      `${folder}/authorities.pem`,
    ]);
  });

  it.skipIf(!existsSync("/usr/bin/python3"))("podman, as TOML", async () => {
    const script = "import json,sys,tomllib; print(json.dumps(tomllib.load(open(sys.argv[1],'rb'))))";
    expect(JSON.parse(execute(["/usr/bin/python3", "-c", script, await file("podman")]))).toEqual({
      engine: {
        env: [
          "HTTPS_PROXY=http://proxy.corp:3128",
          "HTTP_PROXY=http://proxy.corp:3128",
          "NO_PROXY=localhost,.corp,10.0.0.0/8",
          `SSL_CERT_FILE=${folder}/authorities.pem`,
        ],
      },
    });
  });

  it.skipIf(!existsSync("/usr/bin/python3"))("Maven and JetBrains' IDEs, as XML", async () => {
    const script = `import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
print([(e.tag, e.text or e.get("value")) for e in root.iter() if not len(e)])`;
    const read = async (tool: ToolName): Promise<string> =>
      execute(["/usr/bin/python3", "-c", script, await file(tool, written(`p<&">`))]);
    expect(await read("maven")).toContain(`('password', 'p<&">')`);
    expect(await read("jetbrains")).toContain("('option', '3128')");
  });

  it.skipIf(!have("kubectl"))("Kubernetes, as a patch of a Deployment", async () => {
    const patch = await file("kubernetes", withLogin);
    await writeFile(patch, (await readFile(patch, "utf8")).replaceAll("CONTAINER", "app"));
    const deployment = join(home, "deployment.yaml");
    await writeFile(
      deployment,
      `apiVersion: apps/v1
kind: Deployment
metadata: { name: asker }
spec:
  selector: { matchLabels: { app: asker } }
  template:
    metadata: { labels: { app: asker } }
    spec: { containers: [{ name: app, image: asker, env: [{ name: MINE, value: kept }] }] }
`,
    );
    const patched = execute(["kubectl", "patch", "--local", "-f", deployment, "--patch-file", patch, "-o", "json"]);
    const [container] = (JSON.parse(patched) as Patched).spec.template.spec.containers;
    expect(container.env).toEqual(
      expect.arrayContaining([
        { name: "MINE", value: "kept" },
        { name: "HTTPS_PROXY", valueFrom: { secretKeyRef: { name: "sallyport", key: "HTTPS_PROXY" } } },
      ]),
    );
    expect(container.volumeMounts).toEqual([{ name: "sallyport", mountPath: "/etc/sallyport", readOnly: true }]);
  });

  interface Patched {
    readonly spec: {
      readonly template: { readonly spec: { readonly containers: readonly [{ env: unknown; volumeMounts: unknown }] } };
    };
  }

  it("Kubernetes expands nothing in a value", () => {
    expect(text("kubernetes")).toContain(`value: "$$(HOME) \\"'%"`);
  });

  it("a development container, with the files where its variables name them", () => {
    const { containerEnv, mounts } = JSON.parse(
      text("devcontainer", { ...exported, ...withLogin }).replace(/^\/\/.*$/gm, ""),
    ) as {
      readonly containerEnv: Record<string, string>;
      readonly mounts: readonly string[];
    };
    expect(containerEnv).toEqual({ HTTPS_PROXY: "${localEnv:HTTPS_PROXY}" });
    expect(mounts).toContain(`type=bind,source=${folder}/extra.pem,target=/etc/sallyport/extra.pem,readonly`);
  });

  it("Gradle, with what its format escapes", () => {
    expect(text("gradle", written("pä\\ss"))).toContain("\nsystemProp.https.proxyPassword=p\\u00e4\\\\ss\n");
    expect(text("gradle")).toContain("systemProp.http.nonProxyHosts=localhost|*.localhost|*.corp\n");
  });
});

describe("a tool's own settings", () => {
  it.each(formats)("%s: hold no login, and say so", (tool) => {
    const { text: printed } = tools[tool].render(withLogin);
    expect(printed).not.toContain("alice");
    expect(printed).toMatch(tool === "php" ? /https_proxy/ : /login/);
  });

  it.each(formats.filter((tool) => !["php", "podman", "electron"].includes(tool)))(
    "%s: name no proxy that the tool cannot use, and say what can be done",
    (tool) => {
      const socks = { ...exported, proxy: { https: { url: "socks5h://proxy.corp:1080", login: false } } };
      const { text: printed, notes } = tools[tool].render(socks);
      expect(printed).not.toContain("proxy.corp");
      expect(notes.join()).toContain("--gateway");
    },
  );

  it("take no line from a password", () => {
    for (const tool of formats) {
      const printed = text(tool, written("a\n[web]\ncacerts = /evil"));
      expect(printed.split("\n")).not.toContain("cacerts = /evil");
    }
  });

  it.each(formats.filter((tool) => lineTools[tool].place.kind === "part"))(
    "%s: are put there and taken away by the commands that are printed, and nothing else is",
    async (tool) => {
      const command = /To use it: (.*)/.exec(text(tool))?.[1] ?? "";
      const target = /~\/\S+$/.exec(command)?.[0].replace("~", home) ?? "";
      const printer = join(home, `${tool}.printed`);
      await writeFile(printer, text(tool));
      await mkdir(join(target, ".."), { recursive: true });
      await writeFile(target, "# mine\n");
      const define = `sallyport() { cat '${printer}'; };`;
      execute(["bash", "-ec", `${define} ${command}; echo '# mine too' >> ${target}`]);
      expect(await readFile(target, "utf8")).toBe(`# mine\n${text(tool)}# mine too\n`);
      execute(["bash", "-ec", tools[tool].undo(exported).text]);
      expect(await readFile(target, "utf8")).toBe("# mine\n# mine too\n");
      expect(existsSync(`${target}.sallyport`)).toBe(false);
    },
  );
});
