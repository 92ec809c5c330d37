import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { readEnvironment, type EnvironmentOptions, type ReadConfig } from "./index.js";

const directories: string[] = [];
afterEach(() => directories.splice(0).forEach((directory) => rmSync(directory, { recursive: true })));

/** A file system that holds these files alone. */
function files(contents: Record<string, string>): ReadConfig {
  return (path) => {
    const text = contents[path];
    if (text === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
    if (text === "(forbidden)") throw Object.assign(new Error("permission denied"), { code: "EACCES" });
    return { text, mode: 0o100600 };
  };
}

const read = (options: EnvironmentOptions) =>
  readEnvironment({
    platform: "linux",
    cwd: "/work/repo",
    home: "/home/u",
    variables: {},
    readFile: files({}),
    ...options,
  });

describe("where config files are looked for", () => {
  const everywhere: ReadConfig = (path) => ({ text: path });
  it.each([
    ["linux", {}, ["/etc/sallyport/config.json", "/home/u/.config/sallyport/config.json"]],
    ["linux", { XDG_CONFIG_HOME: "/xdg" }, ["/etc/sallyport/config.json", "/xdg/sallyport/config.json"]],
    ["linux", { XDG_CONFIG_HOME: "relative" }, ["/etc/sallyport/config.json", "/home/u/.config/sallyport/config.json"]],
    [
      "darwin",
      {},
      [
        "/Library/Application Support/sallyport/config.json",
        "/home/u/Library/Application Support/sallyport/config.json",
      ],
    ],
    [
      "win32",
      { appdata: "C:\\Users\\u\\AppData\\Roaming", PROGRAMDATA: "D:\\Data" },
      ["D:\\Data\\sallyport\\config.json", "C:\\Users\\u\\AppData\\Roaming\\sallyport\\config.json"],
    ],
  ] as const)("on %s with %o: %j", (platform, variables, expected) => {
    expect(read({ platform, variables, readFile: everywhere }).configFiles.map(({ path }) => path)).toEqual(expected);
  });

  it("takes the file that a variable names in place of the user's own", () => {
    const snapshot = read({
      variables: { SALLYPORT_CONFIG: "conf/net.json" },
      readFile: files({ "/work/repo/conf/net.json": "{}", "/home/u/.config/sallyport/config.json": "{}" }),
    });
    expect(snapshot.configFiles).toEqual([
      { path: "/work/repo/conf/net.json", scope: "user", required: true, text: "{}", mode: 0o600 },
    ]);
  });

  it("takes the name of that variable from the prefix", () => {
    const readFile = files({ "/a.json": "a", "/b.json": "b" });
    const variables = { SALLYPORT_CONFIG: "/a.json", MYTOOL_CONFIG: "/b.json" };
    expect(read({ variables, readFile, prefix: "MYTOOL" }).configFiles.map(({ path }) => path)).toEqual(["/b.json"]);
  });

  it("reads no file of the working directory that no variable names", () => {
    const asked: string[] = [];
    read({ readFile: (path) => (asked.push(path), files({})(path)) });
    expect(asked).not.toHaveLength(0);
    expect(asked.filter((path) => path.startsWith("/work"))).toEqual([]);
  });

  it("leaves out a default file that does not exist, and notes one that may not be read", () => {
    const snapshot = read({ readFile: files({ "/etc/sallyport/config.json": "(forbidden)" }) });
    expect(snapshot.configFiles).toEqual([
      { path: "/etc/sallyport/config.json", scope: "managed", required: false, error: "EACCES" },
    ]);
  });

  it("notes a named file that does not exist", () => {
    const snapshot = read({ variables: { SALLYPORT_CONFIG: "/gone.json" } });
    expect(snapshot.configFiles).toEqual([{ path: "/gone.json", scope: "user", required: true, error: "ENOENT" }]);
  });

  it.each(["utf8", "utf16le"] as const)(
    "is read with a byte order mark (%s), as editors and PowerShell write it",
    (encoding) => {
      const home = mkdtempSync(join(tmpdir(), "sallyport-"));
      directories.push(home);
      const path = join(home, "config.json");
      writeFileSync(path, Buffer.from('\ufeff{"strict":true}', encoding));
      const { configFiles } = readEnvironment({ home, cwd: home, variables: { SALLYPORT_CONFIG: path } });
      expect(configFiles.find((file) => file.path === path)?.text).toBe('{"strict":true}');
    },
  );

  it("is not named where the setting holds what can be no path", () => {
    const config = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
    const { configFiles } = read({ variables: { SALLYPORT_CONFIG: config } });
    expect(configFiles).toMatchObject([{ path: "(not shown)", mistake: {} }]);
    expect(read({ variables: { SALLYPORT_CONFIG: "hunter2" } }).configFiles).toMatchObject([
      { path: "(not shown)", doubtful: true, error: "ENOENT" },
    ]);
  });

  it("reads text and mode from the disk", () => {
    const home = mkdtempSync(join(tmpdir(), "sallyport-"));
    directories.push(home);
    const path = join(home, ".config", "sallyport", "config.json");
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, '{"strict":true}');
    chmodSync(path, 0o640);
    const snapshot = readEnvironment({ variables: { HOME: home }, platform: "linux", cwd: "/" });
    expect(snapshot.configFiles).toContainEqual({
      path,
      scope: "user",
      required: false,
      text: '{"strict":true}',
      mode: 0o640,
    });
    expect(snapshot.home).toBe(home);
  });
});

it("reads process.env where no variables are given", () => {
  process.env["SALLYPORT_STRICT"] = "1";
  try {
    expect(readEnvironment({ readFile: files({}) }).variables).toMatchObject({ SALLYPORT_STRICT: "1" });
  } finally {
    delete process.env["SALLYPORT_STRICT"];
  }
});

it("shows neither variables nor config text when a snapshot is printed", () => {
  const snapshot = read({
    variables: { HTTPS_PROXY: "http://u:hunter2@proxy" },
    readFile: () => ({ text: '{"proxy":"hunter2"}' }),
  });
  expect(snapshot.variables["HTTPS_PROXY"]).toContain("hunter2");
  for (const printed of [
    inspect(snapshot, { depth: 9 }),
    inspect(snapshot.variables),
    inspect({ snapshot }, { depth: 9 }),
    JSON.stringify(snapshot),
  ]) {
    expect(printed).not.toContain("hunter2");
    expect(printed).toContain("1 variables");
  }
  expect(Object.keys(snapshot.variables)).toEqual(["HTTPS_PROXY"]);
});
