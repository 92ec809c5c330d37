import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PathWatch } from "../base/system.js";
import { watchPaths } from "./watch-paths.js";

let folder: string;
let watching: PathWatch | undefined;
const onChange = vi.fn<() => void>();

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "sallyport-test-")));
  onChange.mockClear();
});
afterEach(async () => {
  watching?.close();
  await rm(folder, { recursive: true });
});

const noticed = (): Promise<number> =>
  vi.waitFor(() => {
    if (onChange.mock.calls.length === 0) throw new Error("nothing was noticed");
    return onChange.mock.calls.length;
  }, 10_000);

async function watch(...names: string[]): Promise<PathWatch> {
  watching = await watchPaths(
    names.map((name) => join(folder, name)),
    onChange,
  );
  return watching;
}

/** A link is replaced by one that leads elsewhere, in one step. */
async function turn(link: string, to: string): Promise<void> {
  const next = join(folder, "next");
  await symlink(to, next);
  await rename(next, join(folder, link));
}

describe("what happens to a path that is watched is noticed:", () => {
  it("a file is written in place", async () => {
    await writeFile(join(folder, "a"), "1");
    expect((await watch("a")).isComplete).toBe(true);
    await writeFile(join(folder, "a"), "2");
    expect(await noticed()).toBeGreaterThan(0);
  });

  it("a file is replaced by renaming, and the new one again", async () => {
    await writeFile(join(folder, "a"), "1");
    await watch("a");
    for (const content of ["2", "3"]) {
      onChange.mockClear();
      await writeFile(join(folder, "a.new"), content);
      await rename(join(folder, "a.new"), join(folder, "a"));
      expect(await noticed()).toBeGreaterThan(0);
    }
  });

  it("a file comes that was not there, in a directory that was not there", async () => {
    await watch("sub/a");
    await mkdir(join(folder, "sub"));
    expect(await noticed()).toBeGreaterThan(0);
  });

  it("a file in a directory is rewritten", async () => {
    await mkdir(join(folder, "sub"));
    await writeFile(join(folder, "sub", "a.pem"), "1");
    await watch("sub");
    await writeFile(join(folder, "sub", "a.pem"), "2");
    expect(await noticed()).toBeGreaterThan(0);
  });
});

describe.skipIf(process.platform === "win32")("behind symbolic links", () => {
  it("the link is turned to another directory, as Kubernetes turns ..data", async () => {
    for (const name of ["..1", "..2"]) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, "tls.crt"), name);
    }
    await symlink("..1", join(folder, "..data"));
    await symlink("..data/tls.crt", join(folder, "tls.crt"));
    await watch("tls.crt");
    await turn("..data", "..2");
    expect(await noticed()).toBeGreaterThan(0);
  });

  it("a link in the middle of the path is turned", async () => {
    for (const name of ["one", "two"]) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, "a"), name);
    }
    await symlink("one", join(folder, "current"));
    await watch("current/a");
    await turn("current", "two");
    expect(await noticed()).toBeGreaterThan(0);
  });

  it("the file that a link leads to is written", async () => {
    await mkdir(join(folder, "sub"));
    await writeFile(join(folder, "sub", "a"), "1");
    await symlink("sub/a", join(folder, "link"));
    await watch("link");
    await writeFile(join(folder, "sub", "a"), "2");
    expect(await noticed()).toBeGreaterThan(0);
  });

  it("links that lead in a circle end the search", async () => {
    await symlink("two", join(folder, "one"));
    await symlink("one", join(folder, "two"));
    await watch("one");
    await rm(join(folder, "one"));
    expect(await noticed()).toBeGreaterThan(0);
  });
});

it("what happens to others in the same directory is not told", async () => {
  await writeFile(join(folder, "a"), "1");
  await watch("a");
  await writeFile(join(folder, "b"), "1");
  await writeFile(join(folder, "a"), "2");
  await noticed();
  const calls = onChange.mock.calls.length;
  // Opening for truncation, writing, and closing: what one file gives.
  expect(calls).toBeLessThanOrEqual(3);
});

it("after close nothing is told", async () => {
  await writeFile(join(folder, "a"), "1");
  (await watch("a")).close();
  const other = vi.fn<() => void>();
  const witness = await watchPaths([join(folder, "a")], other);
  await writeFile(join(folder, "a"), "2");
  await vi.waitFor(() => expect(other).toHaveBeenCalled(), 10_000);
  witness.close();
  expect(onChange).not.toHaveBeenCalled();
});
