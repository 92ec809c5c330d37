import { spawnSync } from "node:child_process";
import { chmod, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { readSettingsFile, replaceSettingsFile } from "../../src/cli/commands/mcp-file.js";
import { homeForEach } from "./support/home-for-each.js";
import { run, type Ran } from "./support/run.js";

const url = "https://mcp.corp.example/mcp";
const home = homeForEach();
const { read, write } = home;

const install = (client: string, ...more: readonly string[]): Promise<Ran> =>
  run(["mcp", "install", "wiki", url, "--client", client, "--yes", ...more], { variables: { HOME: home.path } });

const undo = (client: string): Promise<Ran> =>
  run(["mcp", "install", "wiki", "--undo", "--client", client, "--yes"], { variables: { HOME: home.path } });

/** What sallyport keeps of its own. */
const kept = (): Promise<string[]> => readdir(home.at(".local/share/sallyport/mcp")).catch(() => []);

describe.skipIf(process.platform !== "linux")("a settings file of an MCP client", () => {
  it("that is read-only stays as it is, and nothing is kept of what was tried", async () => {
    const path = await write(".cursor/mcp.json", '{"mcpServers":{}}\n', 0o444);
    const refused = await install("cursor");
    expect([refused.exit, await read(".cursor/mcp.json")]).toEqual([2, '{"mcpServers":{}}\n']);
    expect(refused.stderr).toMatch(/is read-only \[CONFIG_INVALID\]\nhint: .*chmod u\+w/);
    expect(await kept()).toEqual([]);
    expect((await undo("cursor")).stderr).toContain("no server wiki was put into");

    // An earlier change can still be undone after a later one that failed, and an undoing that failed can be repeated.
    await chmod(path, 0o600);
    await install("cursor");
    await chmod(path, 0o444);
    expect((await install("cursor", "--replace", "--deny-tool", "x")).exit).toBe(2);
    expect((await undo("cursor")).exit).toBe(2);
    await chmod(path, 0o600);
    expect((await undo("cursor")).exit).toBe(0);
    expect(await read(".cursor/mcp.json")).toBe('{"mcpServers":{}}\n');
    expect((await kept()).filter((name) => name.endsWith(".json"))).toEqual([]);
  });

  it("that its program writes meanwhile keeps what that program wrote", async () => {
    const path = await write(".claude.json", '{"numStartups":1}');
    const file = await readSettingsFile(path);
    await writeFile(path, '{"numStartups":2}');
    for (const bytes of [Buffer.from("{}"), undefined]) {
      await expect(replaceSettingsFile(file, bytes, { shared: false })).rejects.toThrow("was changed while");
    }
    expect([await read(".claude.json"), await readdir(home.path)]).toEqual(['{"numStartups":2}', [".claude.json"]]);
    // One that was not there when it was looked for.
    const gone = await readSettingsFile(home.at("new.json"));
    await writeFile(home.at("new.json"), "{}");
    await expect(replaceSettingsFile(gone, Buffer.from("[]"), { shared: false })).rejects.toThrow("was changed while");
    expect(await read("new.json")).toBe("{}");
  });

  it("keeps byte order mark, comments, trailing commas and CR LF where its reader takes them; --undo brings back each byte", async () => {
    const before =
      '\ufeff// mine\r\n{\r\n\t"servers": {\r\n\t\t/* docs */ "docs": { "url": "https://docs.example/mcp", },\r\n\t},\r\n}\r\n';
    await write(".config/Code/User/mcp.json", before);
    expect((await install("vscode")).exit).toBe(0);
    const after = await read(".config/Code/User/mcp.json");
    expect(after.startsWith('\ufeff// mine\r\n{\r\n\t"servers": {\r\n\t\t/* docs */')).toBe(true);
    expect(after).toContain(url);
    expect(after.replaceAll("\r\n", "")).not.toContain("\n");
    expect((await undo("vscode")).exit).toBe(0);
    expect(await read(".config/Code/User/mcp.json")).toBe(before);
  });

  it("is changed behind links to its folder and to itself, and the links stay", async () => {
    await write("dotfiles/cursor/real.json", '{ "mcpServers": {} }\n', 0o640);
    await symlink("dotfiles/cursor", home.at(".cursor"));
    await symlink("real.json", home.at("dotfiles/cursor/mcp.json"));
    expect((await install("cursor")).exit).toBe(0);
    expect(await read("dotfiles/cursor/real.json")).toContain(url);
    expect(await readlink(home.at(".cursor"))).toBe("dotfiles/cursor");
    expect(await readlink(home.at("dotfiles/cursor/mcp.json"))).toBe("real.json");
    expect((await stat(home.at(".cursor/mcp.json"))).mode & 0o777).toBe(0o640);
  });

  it("is left alone where it is not UTF-8, not a file, or has a key twice", async () => {
    const latin = Buffer.from('{ "name": "Gr\u00fc\u00dfe" }', "latin1");
    const utf16 = Buffer.from('\ufeff{ "name": "x" }', "utf16le");
    for (const bytes of [latin, utf16]) {
      await write(".cursor/mcp.json", bytes);
      const { exit, stderr } = await install("cursor");
      expect([exit, await readFile(home.at(".cursor/mcp.json"))]).toEqual([2, bytes]);
      expect(stderr).toContain("is not a text in UTF-8");
    }
    await mkdir(home.at(".gemini"));
    spawnSync("mkfifo", [home.at(".gemini/settings.json")]);
    expect((await install("gemini")).stderr).toContain("is not a file");
    const twice = '{\n  "mcpServers": {},\n  "theme": 1,\n  "mcpServers": {}\n}\n';
    await write(".claude.json", twice);
    const { exit, stderr } = await install("claude-code");
    expect([exit, await read(".claude.json")]).toEqual([2, twice]);
    expect(stderr).toContain("line 4");
  });

  it("of many megabytes, in lines or in one, is changed in that one place", async () => {
    const history = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, n) => [`p${n}`, { text: "x".repeat(60), n }]),
    );
    for (const indent of [2, undefined]) {
      const before = JSON.stringify({ history, mcpServers: { docs: { command: "npx" } } }, undefined, indent);
      await write(".claude.json", before);
      const { exit, stdout } = await install("claude-code");
      expect([exit, stdout.length < 4000]).toEqual([0, true]);
      const after = JSON.parse(await read(".claude.json")) as { history: object; mcpServers: object };
      expect(Object.keys(after.mcpServers)).toEqual(["docs", "wiki"]);
      expect(JSON.stringify(after.history)).toBe(JSON.stringify(history));
      expect((await undo("claude-code")).exit).toBe(0);
      expect((await read(".claude.json")) === before).toBe(true);
    }
  });
});
