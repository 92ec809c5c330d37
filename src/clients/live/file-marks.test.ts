import { beforeEach, describe, expect, it } from "vitest";
import type { FileStat } from "../../base/system.js";
import { FileMarks } from "./file-marks.js";

interface Entry {
  content: string;
  mtimeMs: number;
  ctimeMs: number;
  ino: number;
  kind: "file" | "pipe";
}

const longAgo = 1_000_000;
let files: Record<string, Entry>;
let reads: string[];
let now: number;
let marks: FileMarks;

const file = (content: string, more: Partial<Entry> = {}): Entry => ({
  content,
  mtimeMs: longAgo,
  ctimeMs: longAgo,
  ino: 1,
  kind: "file",
  ...more,
});

function stat(path: string): Promise<FileStat> {
  const found = files[path];
  const isDirectory = Object.keys(files).some((name) => name.startsWith(`${path}/`));
  if (found === undefined && !isDirectory)
    return Promise.reject(Object.assign(new Error("missing"), { code: "ENOENT" }));
  const { content, kind, ...times } = found ?? file("");
  const kinds = { isFile: () => !isDirectory && kind === "file", isDirectory: () => isDirectory };
  return Promise.resolve({ ...times, size: content.length, mode: 0o600, uid: 1, ...kinds });
}

beforeEach(() => {
  files = {};
  reads = [];
  now = longAgo + 60_000;
  marks = new FileMarks({
    now: () => now,
    stat,
    readDirectory: (path) =>
      Promise.resolve(
        Object.keys(files)
          .filter((name) => name.startsWith(`${path}/`))
          .map((name) => name.slice(path.length + 1)),
      ),
    readFile: (path) => {
      reads.push(path);
      return Promise.resolve(Buffer.from(files[path]?.content ?? ""));
    },
  });
});

async function look(path: string, again = false): Promise<string | undefined> {
  const [mark] = await marks.take([path], again);
  return mark?.mark;
}

/** What a path looks like before and after a file is written for the second time within a tick of the clock. */
async function writtenTwice(written: string, looked: string): Promise<{ before: unknown; after: unknown }> {
  now = longAgo + 10;
  files[written] = file("one");
  const before = await look(looked);
  files[written] = file("two");
  now += 60_000;
  return { before, after: await look(looked) };
}

describe("a file", () => {
  it("is the same while nothing changes, and is read once", async () => {
    files["/a"] = file("one");
    expect(await look("/a")).toBe(await look("/a"));
    expect(reads).toEqual(["/a"]);
  });

  it("that was touched is the same", async () => {
    files["/a"] = file("one");
    const before = await look("/a");
    files["/a"] = file("one", { mtimeMs: longAgo + 5, ctimeMs: longAgo + 5, ino: 2 });
    expect(await look("/a")).toBe(before);
  });

  it.each([
    ["whose mtime was set back", { ctimeMs: longAgo + 5 }],
    ["that was replaced by one with the same times", { ino: 2 }],
    ["with another mtime alone", { mtimeMs: longAgo + 5 }],
  ])("%s is another, of the same size as well", async (_what, difference) => {
    files["/a"] = file("one");
    const before = await look("/a");
    files["/a"] = file("two", difference);
    expect(await look("/a")).not.toBe(before);
  });

  it("that was written twice within a tick of the clock is another", async () => {
    const { before, after } = await writtenTwice("/a", "/a");
    expect(after).not.toBe(before);
  });

  it("is read again where the caller knows of a change that its times do not show", async () => {
    files["/a"] = file("one");
    const before = await look("/a");
    files["/a"] = file("two");
    expect(await look("/a")).toBe(before);
    expect(await look("/a", true)).not.toBe(before);
  });

  it("that is missing is told by that", async () => {
    expect(await look("/a")).toBe("ENOENT");
  });

  it("that is a pipe is not read: it can be read once", async () => {
    files["/a"] = file("one", { kind: "pipe" });
    await look("/a", true);
    expect(reads).toEqual([]);
  });

  it("does not show its content", async () => {
    files["/a"] = file("hunter2-hunter2");
    const other = new FileMarks({
      now: () => now,
      stat,
      readDirectory: () => Promise.resolve([]),
      readFile: () => Promise.resolve(Buffer.from("hunter2-hunter2")),
    });
    const mark = await look("/a");
    expect(mark).not.toContain("hunter2");
    expect((await other.take(["/a"], false))[0]?.mark).toBe(mark);
  });
});

describe("a directory", () => {
  it("is the same while nothing changes, and nothing in it is read", async () => {
    files["/d/one.pem"] = file("one");
    expect(await look("/d")).toBe(await look("/d"));
    expect(reads).toEqual([]);
  });

  it.each([
    ["a file is rewritten inside", (): void => void (files["/d/one.pem"] = file("two", { ctimeMs: longAgo + 5 }))],
    ["a file is added", (): void => void (files["/d/two.pem"] = file("two"))],
    ["a file is removed", (): void => void delete files["/d/one.pem"]],
  ])("is another where %s", async (_what, change) => {
    files["/d/one.pem"] = file("one");
    files["/d/other.pem"] = file("other");
    const before = await look("/d");
    change();
    expect(await look("/d")).not.toBe(before);
  });

  it("is another where a file inside is written twice within a tick of the clock", async () => {
    const { before, after } = await writtenTwice("/d/one.pem", "/d");
    expect(after).not.toBe(before);
    expect(await look("/d")).toBe(after);
  });
});
