import { readFile, readlink, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { labVariables } from "../../src/lab/index.js";
import { standardLab } from "../support/standard-lab.js";
import { schemas } from "./support/schemas.js";
import { homeForEach } from "./support/home-for-each.js";
import { run, type Ran, type RunEnvironment } from "./support/run.js";

const lab = await standardLab();
const url = "https://mcp.corp.example/mcp";
const script = process.argv[1] ?? "";
const home = homeForEach();
const { read, write } = home;

beforeEach(() => {
  // As where it is installed: what runs these tests is another script.
  process.argv[1] = "/opt/lib/sallyport/dist/cli/bin.cjs";
});
afterEach(() => {
  process.argv[1] = script;
});

function mcp(argv: readonly string[], more: RunEnvironment = {}): Promise<Ran> {
  return run(["mcp", ...argv], { ...more, variables: { HOME: home.path, ...more.variables } });
}

const install = (client: string, ...more: readonly string[]): Promise<Ran> =>
  mcp(["install", "wiki", url, "--client", client, ...more]);

const files = {
  "claude-code": ".claude.json",
  "claude-desktop": ".config/Claude/claude_desktop_config.json",
  cursor: ".cursor/mcp.json",
  vscode: ".config/Code/User/mcp.json",
  codex: ".codex/config.toml",
  gemini: ".gemini/settings.json",
};

describe.skipIf(process.platform !== "linux")("sallyport mcp install", () => {
  for (const [client, file] of Object.entries(files)) {
    it(`writes the entry of ${client}, shows it, and leaves nothing behind once it is undone`, async () => {
      const { exit, stdout, stderr } = await install(client, "--yes", "--cert", "ada.pem", "--header", "X-Team: blue");
      expect([exit, stderr]).toEqual([0, ""]);
      expect(stdout).toContain(`+`);
      expect(stdout).toContain(url);
      const text = await read(file);
      expect(text).toContain(`"${join(process.cwd(), "ada.pem")}"`);
      expect(text).toContain('"X-Team: blue"');
      expect((await stat(home.at(file))).mode & 0o777).toBe(0o600);
      const listed = schemas["mcp-list"].parse(JSON.parse((await mcp(["list", "--json"])).stdout));
      expect(listed.servers).toMatchObject([{ name: "wiki", client, bridged: true, url, transport: "stdio" }]);
      expect((await mcp(["install", "wiki", "--undo", "--client", client, "--yes"])).exit).toBe(0);
      await expect(read(file)).rejects.toThrow("ENOENT");
    });
  }

  it("keeps what is in the file byte for byte, its mode, and the link that leads to it; --undo brings it all back", async () => {
    const before =
      '{\n    "theme": "dark",\n    "mcpServers": {"docs": {"command": "npx", "env": {"T": "hunter2"}}}\n}';
    const target = await write("dotfiles/claude.json", before, 0o640);
    await symlink(target, home.at(".claude.json"));
    const { stdout } = await install("claude-code", "--yes");
    expect(stdout).not.toContain("hunter2");
    const after = await read("dotfiles/claude.json");
    expect(JSON.parse(after)).toMatchObject({ mcpServers: { docs: { command: "npx" }, wiki: { type: "stdio" } } });
    expect((await stat(target)).mode & 0o777).toBe(0o640);
    expect(await readlink(home.at(".claude.json"))).toBe(target);
    const backup = /before: (\S+)/.exec(stdout)?.[1] ?? "";
    expect(await readFile(backup, "utf8")).toBe(before);
    expect((await stat(backup)).mode & 0o777).toBe(0o600);
    await mcp(["install", "wiki", "--undo", "--client", "claude-code", "--yes"]);
    expect(JSON.parse(await read("dotfiles/claude.json"))).toEqual(JSON.parse(before));
  });

  it("does not touch a server of the same name without --replace, and --undo brings the old one back", async () => {
    const before = '# mine\n[mcp_servers.wiki]\ncommand = "npx" # old\n';
    await write(".codex/config.toml", before);
    const refused = await install("codex", "--yes");
    expect([refused.exit, await read(".codex/config.toml")]).toEqual([2, before]);
    expect(refused.stderr).toMatch(/has a server wiki already[^]*--replace/);
    expect((await install("codex", "--yes", "--replace")).exit).toBe(0);
    expect((await install("codex", "--yes", "--replace", "--deny-tool", "delete_*")).exit).toBe(0);
    expect(await read(".codex/config.toml")).toContain("delete_*");
    await mcp(["install", "wiki", "--undo", "--client", "codex", "--yes"]);
    expect(await read(".codex/config.toml")).toBe(before);
  });

  it("does not undo what was changed by hand since, nor what it never wrote", async () => {
    await install("cursor", "--yes");
    const changed = (await read(".cursor/mcp.json")).replace(url, "https://other.example/");
    await write(".cursor/mcp.json", changed);
    const undo = ["install", "wiki", "--undo", "--client", "cursor", "--yes"];
    const refused = await mcp(undo);
    expect([refused.exit, await read(".cursor/mcp.json")]).toEqual([2, changed]);
    expect(refused.stderr).toContain("is not as sallyport mcp install left it");
    expect((await mcp(["install", "docs", "--undo", "--client", "cursor", "--yes"])).stderr).toContain(
      "no server docs",
    );
  });

  it("asks, and writes nothing unless it is told yes; nor with --dry-run", async () => {
    for (const stdin of ["", "n\n", "yesterday\n"]) {
      const { stdout, stderr } = await mcp(["install", "wiki", url, "--client", "gemini"], { stdin });
      expect([stderr, stdout.includes("Nothing was written.")]).toEqual(["Write this? [y/N]\n", true]);
    }
    const looked = schemas["mcp-install"].parse(JSON.parse((await install("gemini", "--dry-run", "--json")).stdout));
    expect(looked).toMatchObject({ action: "add", written: false, backup: null });
    await expect(read(".gemini/settings.json")).rejects.toThrow("ENOENT");
    await mcp(["install", "wiki", url, "--client", "gemini"], { stdin: "y\n" });
    expect(await read(".gemini/settings.json")).toContain(url);
  });

  it("leaves a file alone that does not parse, and says where", async () => {
    await write(".claude.json", '{\n  "mcpServers": {,}\n}\n');
    const { exit, stderr } = await install("claude-code", "--yes");
    expect([exit, await read(".claude.json")]).toEqual([2, '{\n  "mcpServers": {,}\n}\n']);
    expect(stderr).toMatch(/line 2, column 18/);
  });

  it("writes no secret, and shows none", async () => {
    const { exit, stderr } = await install("cursor", "--yes", "--header", "Authorization: Bearer hunter2");
    expect([exit, stderr.includes("hunter2")]).toEqual([2, false]);
    expect(stderr).toMatch(/\$\{VARIABLE\}.*file:.*command:/);
    await expect(read(".cursor/mcp.json")).rejects.toThrow("ENOENT");
  });

  it("says what is missing or too much in the command line", async () => {
    expect((await mcp(["install", "wiki", url])).stderr).toContain("needs --client");
    expect((await install("claude-desktop", "--project")).stderr).toContain("no settings of a project");
    expect((await install("cursor", "--json")).stderr + (await install("cursor", "--json")).stdout).toContain(
      "--dry-run",
    );
    expect((await mcp(["install", "wiki"])).stderr).toContain("mcp install NAME URL");
    expect((await install("emacs", "--yes")).exit).toBe(2);
  });
});

describe.skipIf(process.platform !== "linux")("sallyport mcp list", () => {
  it("is a table within 80 columns, without the secrets of URLs, and names the file that does not parse", async () => {
    const servers = { docs: { type: "http", url: "https://ada:hunter2@docs.example/" }, local: { command: "npx" } };
    await write(".claude.json", JSON.stringify({ mcpServers: servers }));
    await write(".cursor/mcp.json", "{");
    const { exit, stdout, stderr } = await mcp(["list"]);
    expect(stdout).toMatch(
      /^NAME +CLIENT +TRANSPORT +SERVER\ndocs +claude-code +http +https:\/\/\*\*\*@docs\.example\/\nlocal /,
    );
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(stdout).not.toContain("hunter2");
    expect(stderr).toMatch(/mcp\.json is not valid JSON/);
    expect(exit).toBe(2);
  });

  it("says of each server on HTTP whether it is reached, through the bridge with the bridge's own certificate", async () => {
    const { client } = lab.files;
    const bridge = ["mcp", lab.mtls.url, "--cert", client.cert, "--key", client.key, "--cacert", lab.files.bundle];
    await write(
      ".cursor/mcp.json",
      JSON.stringify({ mcpServers: { bridged: { command: "sallyport", args: bridge } } }),
    );
    const servers = { plain: { type: "http", url: lab.mtls.url }, local: { command: "npx" } };
    await write(".claude.json", JSON.stringify({ mcpServers: servers }));
    const around = {
      lookup: lab.lookup,
      variables: {
        NODE_EXTRA_CA_CERTS: lab.files.bundle,
        HTTPS_PROXY: labVariables(lab, lab.basic)["HTTPS_PROXY"] ?? "",
      },
    };
    const { exit, stdout } = await mcp(["check"], around);
    expect(stdout).toMatch(/plain +claude-code +CLIENT_CERT_REQUIRED +https[^]*bridged +cursor +ok +https/);
    expect(stdout).toContain("hint:");
    expect(exit).toBe(1);
    const one = await mcp(["check", "bridged", "--json"], around);
    expect([one.exit, schemas["mcp-check"].parse(JSON.parse(one.stdout))]).toMatchObject([
      0,
      { ok: true, checked: [{ server: { name: "bridged" } }] },
    ]);
    expect((await mcp(["check", "local"], around)).stderr).toContain(
      "no client's settings have a server on HTTP named local",
    );
  });

  it("says so where there is none", async () => {
    expect(await mcp(["list"])).toMatchObject({ exit: 0, stdout: "No client's settings have a server.\n" });
  });
});
