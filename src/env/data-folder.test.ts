import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dataFolderPath, openDataFolder } from "./index.js";

describe("the place of the data folder", () => {
  const place = (platform: NodeJS.Platform, variables: Record<string, string> = {}, home = "/home/alice"): string =>
    dataFolderPath({ platform, home, variables });

  it("is the platform's", () => {
    expect(place("linux")).toBe("/home/alice/.local/share/sallyport");
    expect(place("linux", { XDG_DATA_HOME: "/data" })).toBe("/data/sallyport");
    expect(place("darwin", {}, "/Users/alice")).toBe("/Users/alice/Library/Application Support/sallyport");
    expect(place("win32", {}, "C:\\Users\\alice")).toBe("C:\\Users\\alice\\AppData\\Local\\sallyport");
    expect(place("win32", { LocalAppData: "D:\\Local" }, "C:\\Users\\alice")).toBe("D:\\Local\\sallyport");
  });

  it("is never the working directory's: a relative setting does not count", () => {
    expect(place("linux", { XDG_DATA_HOME: "data" })).toBe("/home/alice/.local/share/sallyport");
    expect(place("win32", { LOCALAPPDATA: "Local" }, "C:\\Users\\alice")).toBe(
      "C:\\Users\\alice\\AppData\\Local\\sallyport",
    );
  });
});

describe("a file in the data folder", () => {
  let directory = "";
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "sallyport-test-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));
  const mode = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

  it("lies in a folder of the user's alone, and is named by what it holds", async () => {
    const folder = openDataFolder(join(directory, "a", "sallyport"));
    const file = await folder.write("authorities", "pem", "one\n");
    expect(file).toMatch(/\/a\/sallyport\/authorities-[0-9a-f]{16}\.pem$/);
    expect(await readFile(file, "utf8")).toBe("one\n");
    expect([await mode(folder.path), await mode(file)]).toEqual(["700", "644"]);
  });

  it("is written once: the same contents leave it untouched, others leave it be", async () => {
    const folder = openDataFolder(directory);
    const first = await folder.write("authorities", "pem", "one\n");
    const before = await stat(first);
    expect(await folder.write("authorities", "pem", Buffer.from("one\n"))).toBe(first);
    const other = await folder.write("authorities", "pem", "two\n");
    expect(other).not.toBe(first);
    expect((await stat(first)).ino).toBe(before.ino);
    expect((await readdir(directory)).sort()).toEqual(
      [first, other].map((path) => path.slice(directory.length + 1)).sort(),
    );
  });

  it("is made whole again where it was damaged", async () => {
    const folder = openDataFolder(directory);
    const file = await folder.write("authorities", "pem", "one\n");
    await writeFile(file, "on");
    expect(await folder.write("authorities", "pem", "one\n")).toBe(file);
    expect(await readFile(file, "utf8")).toBe("one\n");
  });

  it("closes a folder that others could write to", async () => {
    const path = join(directory, "sallyport");
    await mkdir(path);
    await chmod(path, 0o777);
    await openDataFolder(path).write("authorities", "pem", "one\n");
    expect(await mode(path)).toBe("700");
  });

  it("leaves nothing behind when it cannot be written", async () => {
    const folder = openDataFolder(directory);
    const file = await folder.write("authorities", "pem", "one\n");
    await rm(file);
    await mkdir(join(file, "in the way"), { recursive: true });
    await expect(folder.write("authorities", "pem", "one\n")).rejects.toMatchObject({
      code: expect.stringMatching(/^(EISDIR|ENOTEMPTY|EEXIST|EPERM)$/),
    });
    expect(await readdir(directory)).toHaveLength(1);
  });
});
