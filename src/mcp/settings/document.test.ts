import fc from "fast-check";
import { parse as parseToml } from "smol-toml";
import { describe, expect, test } from "vitest";
import { openSettings, sameEntry } from "./document.js";
import type { Place } from "./types.js";

const json: Place = {
  client: "vscode",
  scope: "user",
  path: "/home/ada/mcp.json",
  format: { kind: "json", comments: true, trailingCommas: true },
  table: ["servers"],
};
const strict: Place = { ...json, format: { kind: "json", comments: false, trailingCommas: false } };
const toml: Place = {
  ...json,
  client: "codex",
  path: "/home/ada/config.toml",
  format: { kind: "toml" },
  table: ["mcp_servers"],
};
const entry = { command: "sallyport", args: ["mcp", "https://mcp.corp.example/"] };

const config = `# mine
model = "gpt-5" # the good one

[mcp_servers.docs]
command = "npx" # as in the manual
args = ["-y", "docs-mcp"]

[mcp_servers.docs.env]
TOKEN = "…"

# the other part
[tui]
theme = 'dark'
`;

describe("a JSON file", () => {
  const before = `{
    // what I use
    "servers": {
        "docs": { "url": "https://docs.example/mcp" }, // read only
    },
    "inputs": [],
}
`;

  test("keeps comments, indentation and commas when a server is added, and is as before when it is removed", () => {
    const after = openSettings(before, json).set("wiki", entry);
    expect(after).toContain("    // what I use\n");
    expect(after).toContain("// read only");
    expect(after).toContain(`\n        "wiki": {\n            "command": "sallyport",`);
    expect([...openSettings(after, json).entries.keys()]).toEqual(["docs", "wiki"]);
    const removed = openSettings(after, json).remove("wiki", { table: false });
    expect(openSettings(removed, json).entries).toEqual(openSettings(before, json).entries);
    expect(removed).toContain("// read only");
  });

  test("gets back the entry that was there, with its comments", () => {
    const old = `{"servers":{"docs":{"url":"https://docs.example/mcp"/* mine */}}}`;
    const document = openSettings(old, json);
    const written = document.written("docs") ?? "";
    const changed = document.set("docs", entry);
    expect(openSettings(changed, json).entries.get("docs")).toEqual(entry);
    expect(openSettings(changed, json).restore("docs", written)).toContain(
      `{"url":"https://docs.example/mcp"/* mine */}`,
    );
  });

  test("that is empty, has a byte order mark or lines that end with CR LF stays as it is otherwise", () => {
    expect(JSON.parse(openSettings("", json).set("wiki", entry))).toEqual({ servers: { wiki: entry } });
    const after = openSettings('\ufeff{\r\n\t"a": 1\r\n}\r\n', json).set("wiki", entry);
    expect(after.startsWith('\ufeff{\r\n\t"a": 1,\r\n\t"servers": {\r\n\t\t"wiki": {\r\n')).toBe(true);
    expect(after.replaceAll("\r\n", "")).not.toContain("\n");
  });

  test.each([
    ['{\n  "servers": {\n    "a": 1,,\n  }\n}', /line 3, column 12/],
    ['{ "servers": {}, "servers": {} }', /column 18.*twice/],
    ["[]", /other than an object/],
    ['{ "servers": [] }', /other than an object as servers/],
  ])("that is not in order is refused with line and column: %j", (text, said) => {
    expect(() => openSettings(text, json)).toThrow(said);
  });

  test("may have comments only where its reader takes them", () => {
    expect(() => openSettings(before, strict)).toThrow(/line 2, column 5.*JSON has no comments/);
  });

  test("loses the table that was made for the entry, and keeps one in which something else stands", () => {
    const made = openSettings('{\n  "a": 1\n}\n', json).set("wiki", entry);
    expect(openSettings(made, json).remove("wiki", { table: true })).toBe('{\n  "a": 1\n}\n');
    const shared = openSettings(made, json).set("docs", entry);
    expect(openSettings(shared, json).remove("wiki", { table: true })).toContain('"docs"');
  });
});

describe("a TOML file", () => {
  test("keeps every other byte when a server is added or removed", () => {
    const after = openSettings(config, toml).set("wiki", entry);
    expect(after.startsWith(config)).toBe(true);
    expect(after.slice(config.length)).toBe(
      '\n[mcp_servers.wiki]\ncommand = "sallyport"\nargs = ["mcp", "https://mcp.corp.example/"]\n',
    );
    expect(openSettings(after, toml).remove("wiki", { table: true })).toBe(config);
  });

  test("has a server replaced with the tables that belong to it, and put back as it was", () => {
    const document = openSettings(config, toml);
    const written = document.written("docs") ?? "";
    expect(written).toContain("[mcp_servers.docs.env]");
    const changed = document.set("docs", entry);
    expect(openSettings(changed, toml).entries).toEqual(new Map([["docs", entry]]));
    expect(changed).toContain("# the other part\n[tui]");
    expect(openSettings(changed, toml).restore("docs", written)).toBe(config);
  });

  test.each([
    ["[mcp_servers.wiki\n", /line 1, column 18/],
    ['model = "gpt\n', /line 1, column 9.*string is not closed/],
    ["a = 1\n\nb = [1, 2\n", /line 4, column 1/],
    ["a = 1 b = 2\n", /line 1, column 7/],
    ["[mcp_servers.a]\n[mcp_servers.a]\n", /"mcp_servers.a" twice.*line 2/],
    ['[mcp_servers.a]\ncommand = "x"\ncommand = "y"\n', /twice.*line 3/],
    ["[[mcp_servers]]\n", /other than a table/],
    ["mcp_servers = 1\n", /other than a table/],
  ])("that is not in order is refused with line and column: %j", (text, said) => {
    expect(() => openSettings(text, toml)).toThrow(said);
  });

  test.each([
    'mcp_servers = { docs = { command = "npx" } }\n',
    '[mcp_servers]\ndocs = { command = "npx" }\n',
    'mcp_servers.docs.command = "npx"\n',
  ])("whose server is written in braces or with dots is read, and not edited: %j", (text) => {
    const document = openSettings(text, toml);
    expect(document.entries.get("docs")).toEqual({ command: "npx" });
    expect(() => document.set("docs", entry)).toThrow(/form that is not edited here: line \d/);
  });

  test("is read as other readers do, and says the same to them with an entry more", () => {
    const text = fc.string({ unit: "grapheme" }).map((value) => value.replace(/\p{Cc}/gu, "").replace(/\p{Cs}/gu, ""));
    const value = fc.oneof(text, fc.boolean(), fc.array(text, { maxLength: 3 }));
    const key = fc.stringMatching(/^[\w-]{1,8}$/);
    fc.assert(
      fc.property(fc.dictionary(key, fc.dictionary(key, value, { maxKeys: 3 }), { maxKeys: 3 }), (tables) => {
        const source = Object.entries(tables)
          .map(([name, pairs]) => {
            const lines = Object.entries(pairs).map(([each, held]) => `${each} = ${JSON.stringify(held)} # x`);
            return `[mcp_servers.${name}]\n${lines.join("\n")}\n`;
          })
          .join("\n");
        const after = openSettings(source, toml).set("one-that-is-new", entry);
        const theirs = parseToml(after)["mcp_servers"];
        expect(theirs).toEqual({ ...tables, "one-that-is-new": entry });
        expect(sameEntry(Object.fromEntries(openSettings(after, toml).entries), theirs)).toBe(true);
      }),
    );
  });
});
