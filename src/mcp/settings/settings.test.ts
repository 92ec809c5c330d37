import { describe, expect, test } from "vitest";
import { diffLines } from "./diff.js";
import { checkWanted, entryFor, withWholePaths } from "./entry.js";
import { serversIn } from "./found.js";
import { placeOf } from "./places.js";
import { clientNames, type ClientName, type Place, type Surroundings } from "./types.js";

const here: Surroundings = { platform: "linux", home: "/home/ada", directory: "/work/wiki", variables: {} };
const program = { node: "/opt/node/bin/node", script: "/opt/lib/sallyport/dist/cli/bin.cjs", inPath: true };
const wanted = { url: "https://mcp.corp.example/", options: ["--cert", "/home/ada/ada.pem"] };

function placed(client: ClientName, scope: "user" | "project" = "user", around = here): Place {
  const place = placeOf(client, scope, around);
  if (place === undefined) throw new Error(`${client} has no file for ${scope}`);
  return place;
}

describe("where clients keep their servers", () => {
  test("is known for each platform", () => {
    const paths = (platform: NodeJS.Platform, home: string) =>
      clientNames.map((client) => placed(client, "user", { ...here, platform, home }).path);
    expect(paths("linux", "/home/ada")).toEqual([
      "/home/ada/.claude.json",
      "/home/ada/.config/Claude/claude_desktop_config.json",
      "/home/ada/.cursor/mcp.json",
      "/home/ada/.config/Code/User/mcp.json",
      "/home/ada/.codex/config.toml",
      "/home/ada/.gemini/settings.json",
    ]);
    expect(paths("darwin", "/Users/ada")[1]).toBe(
      "/Users/ada/Library/Application Support/Claude/claude_desktop_config.json",
    );
    expect(paths("win32", "C:\\Users\\ada")[3]).toBe("C:\\Users\\ada\\AppData\\Roaming\\Code\\User\\mcp.json");
  });

  test("follows the variables that the clients follow, where they name an absolute path", () => {
    const around = { ...here, variables: { CODEX_HOME: "/srv/codex", CLAUDE_CONFIG_DIR: "relative" } };
    expect(placed("codex", "user", around).path).toBe("/srv/codex/config.toml");
    expect(placed("claude-code", "user", around).path).toBe("/home/ada/.claude.json");
  });

  test("is in the project for those that have such a file, and nowhere for those that have none", () => {
    expect(placed("claude-code", "project").path).toBe("/work/wiki/.mcp.json");
    expect(placeOf("claude-desktop", "project", here)).toBeUndefined();
  });
});

describe("an entry", () => {
  test("names sallyport by its name for terminals and projects, and by whole paths for the desktop and on Windows", () => {
    const args = ["mcp", wanted.url, ...wanted.options];
    expect(entryFor(placed("claude-code"), wanted, program, here)).toEqual({
      type: "stdio",
      command: "sallyport",
      args,
    });
    expect(entryFor(placed("claude-desktop"), wanted, program, here)).toEqual({
      command: program.node,
      args: [program.script, ...args],
    });
    expect(entryFor(placed("cursor", "project"), wanted, program, here)["command"]).toBe("sallyport");
    const windows = { ...here, platform: "win32" as const, home: "C:\\Users\\ada" };
    expect(entryFor(placed("gemini", "user", windows), wanted, program, windows)["command"]).toBe(program.node);
    expect(entryFor(placed("gemini"), wanted, { ...program, inPath: false }, here)["command"]).toBe(program.node);
  });

  test("for Codex has the variables handed on that the network's settings and the options stand in", () => {
    const around = { ...here, variables: { HTTPS_PROXY: "http://ada:secret@proxy:1", WIKI: "x", EDITOR: "vi" } };
    const options = ["--header", "Authorization: Bearer ${WIKI}"];
    const entry = entryFor(placed("codex"), { ...wanted, options }, program, around);
    expect(entry["env_vars"]).toEqual(["HTTPS_PROXY", "WIKI"]);
    expect(JSON.stringify(entry)).not.toContain("secret");
  });

  test.each(["", "a b", "wiki.prod", "__proto__", "a".repeat(65), 'x"]\n[y'])(
    "is not written under the name %j",
    (name) => {
      expect(() => checkWanted(name, wanted)).toThrow(/letters, digits, hyphens and underscores/);
    },
  );

  test.each([
    "https://mcp.corp.example/?key=hunter2",
    "https://ada:hunter2@mcp.corp.example/",
    "https://mcp.corp.example/mcp/sk-ant-REDACTED",
  ])("holds no secret of a URL: %s", (url) => {
    const check = () => checkWanted("wiki", { url, options: [] });
    expect(check).toThrow(/may be a secret/);
    expect(check).not.toThrow(/hunter2|sk-ant/);
  });

  test.each([
    ["--header", "Authorization: Bearer hunter2"],
    ["-H", "X-Api-Key: hunter2"],
    ["--header=Cookie: a=hunter2"],
    ["--header", "X-Trace: ghp_hunter2hunter2hunter2"],
    ["--proxy", "http://ada:hunter2@proxy.corp.example:3128"],
  ])("holds no secret of an option: %s", (...options) => {
    const check = () => checkWanted("wiki", { url: wanted.url, options });
    expect(check).toThrow(/as text|a login/);
    expect(check).not.toThrow(/hunter2/);
  });

  test.each([
    ["Authorization: Bearer ${WIKI}"],
    ["Authorization: file:/run/token"],
    ["Authorization: command:pass show wiki"],
    ["X-Team: blue"],
  ])("may refer to a secret, and hold what is none: %s", (line) => {
    expect(() => checkWanted("wiki", { url: wanted.url, options: ["--header", line] })).not.toThrow();
  });

  test("names files by their whole paths, wherever the client starts the bridge", () => {
    const options = ["--cert", "ada.pem", "--key=ada.key", "--header", "ada.pem"];
    const whole = withWholePaths(options, new Set(["--cert", "--key"]), here);
    expect(whole).toEqual(["--cert", "/work/wiki/ada.pem", "--key=/work/wiki/ada.key", "--header", "ada.pem"]);
  });
});

describe("the servers of a file", () => {
  const found = (servers: object) => serversIn(JSON.stringify({ mcpServers: servers }), placed("cursor"), undefined);

  test.each([
    [{ command: "npx", args: ["-y", "x"] }, "stdio", undefined],
    [{ type: "http", url: "https://a.example/" }, "http", "https://a.example/"],
    [{ url: "https://a.example/" }, "http", "https://a.example/"],
    [{ httpUrl: "https://a.example/" }, "http", "https://a.example/"],
    [{ type: "sse", url: "https://a.example/" }, "sse", "https://a.example/"],
    [{}, "unknown", undefined],
    [7, "unknown", undefined],
  ] as const)("are told by their transport: %j", (entry, transport, url) => {
    expect(found({ wiki: entry })).toMatchObject([{ name: "wiki", transport, url, bridged: false }]);
  });

  test.each([
    { command: "sallyport", args: ["mcp", "https://a.example/"] },
    { command: "C:\\nodejs\\sallyport.cmd", args: ["mcp", "https://a.example/"] },
    { command: "/opt/node", args: ["/opt/lib/sallyport/dist/cli/bin.cjs", "mcp", "https://a.example/"] },
    { command: "npx", args: ["-y", "sallyport@0.1.0", "mcp", "--proxy", "http://proxy:1", "https://a.example/"] },
  ])("are known to go through the bridge: %j", (entry) => {
    expect(found({ wiki: entry })).toMatchObject([{ bridged: true, url: "https://a.example/" }]);
  });

  test("of Claude Code are those of the user and those of each project", () => {
    const text = JSON.stringify({
      projects: { "/work/wiki": { mcpServers: { one: { type: "http", url: "https://a.example/" } } }, "/x": {} },
      mcpServers: { two: { command: "x" } },
    });
    expect(serversIn(text, placed("claude-code"), undefined)).toMatchObject([
      { name: "two", scope: "user", project: undefined },
      { name: "one", scope: "local", project: "/work/wiki" },
    ]);
  });
});

test("a change is shown with the lines around it, and without what the file said before", () => {
  const before = '{\n  "mcpServers": {\n    "a": { "env": { "K": "hunter2" } }\n  }\n}\n';
  const after = before.replace("} }\n", '} },\n    "b": {\n      "args": ["mcp"]\n    }\n');
  const shown = diffLines(before, after, { args: ["mcp"] }).map(({ sign, text }) => `${sign}${text}`);
  expect(shown).toEqual([
    " {",
    '   "mcpServers": {',
    '-    "a": { "env": { "K": "…" } }',
    '+    "a": { "env": { "K": "…" } },',
    '+    "b": {',
    '+      "args": ["mcp"]',
    "+    }",
    "   }",
    " }",
  ]);
});
