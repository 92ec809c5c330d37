import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FileWatch, type Attempt } from "./watch-files.js";

const watches: FileWatch[] = [];

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  for (const each of watches.splice(0)) each.stop();
  vi.useRealTimers();
});

interface Scene {
  /** Content by path; each write is later than the one before. */
  readonly files: Record<string, string>;
  /** Whether what is there can be used. */
  usable: (files: Readonly<Record<string, string>>) => boolean;
  /** All attempts at the end of so many milliseconds more. */
  readonly attemptsAfter: (ms: number) => Promise<readonly Attempt[]>;
  /** As the file system gives it. */
  notice: () => void;
  readonly watching: FileWatch;
}

async function watch(files: Record<string, string>, { notices = false } = {}): Promise<Scene> {
  const times = new Map<string, { content: string; time: number }>();
  const timeOf = (path: string, content: string): number => {
    if (times.get(path)?.content !== content) times.set(path, { content, time: Date.now() });
    return times.get(path)?.time ?? 0;
  };
  const attempts: Attempt[] = [];
  const attemptsAfter = async (ms: number): Promise<readonly Attempt[]> => {
    await pass(ms);
    return attempts;
  };
  const scene: Omit<Scene, "watching"> = { files, attemptsAfter, usable: () => true, notice: () => undefined };
  const missing = (): Promise<never> => Promise.reject(Object.assign(new Error("missing"), { code: "ENOENT" }));
  const watching: FileWatch = new FileWatch({
    system: {
      now: () => Date.now(),
      monotonic: () => performance.now(),
      stat: (path) => {
        const content = files[path];
        if (content === undefined) return missing();
        const mtimeMs = timeOf(path, content);
        const kind = { isFile: () => true, isDirectory: () => false };
        return Promise.resolve({ mtimeMs, size: content.length, mode: 0o600, uid: 1, ...kind });
      },
      readFile: (path) => Promise.resolve(Buffer.from(files[path] ?? "")),
      readDirectory: missing,
      ...(notices && {
        watch: (_paths: readonly string[], onChange: () => void) => {
          scene.notice = onChange;
          return Promise.resolve({ isComplete: true, close: () => undefined });
        },
      }),
    },
    interval: 5000,
    onChange: async (attempt) => {
      attempts.push(attempt);
      const marks = await watching.take(watching.files);
      if (scene.usable(files)) watching.loaded(marks, Date.now() + 1);
      else watching.failed(marks, attempt !== "early");
    },
  });
  watching.loaded(await watching.take(Object.keys(files)), Date.now() + 1);
  void watching.start();
  watches.push(watching);
  return Object.assign(scene, { watching });
}

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe("a watch", () => {
  it("says nothing while nothing changes", async () => {
    const { attemptsAfter } = await watch({ "/a": "1" });
    expect(await attemptsAfter(600_000)).toEqual([]);
  });

  it("speaks once, when a change has come to rest", async () => {
    const { files, attemptsAfter } = await watch({ "/cert": "1", "/key": "1" });
    await pass(4990);
    files["/cert"] = "2";
    await pass(50);
    files["/key"] = "2";
    expect(await attemptsAfter(60)).toEqual([]);
    expect(await attemptsAfter(100)).toEqual(["early"]);
    expect(await attemptsAfter(600_000)).toEqual(["early"]);
  });

  it("looks at once where it gets notice", async () => {
    const scene = await watch({ "/a": "1" }, { notices: true });
    await pass(1000);
    scene.files["/a"] = "2";
    scene.notice();
    expect(await scene.attemptsAfter(200)).toEqual(["early"]);
  });

  it("looks now and then even where it gets notice: it may be lost", async () => {
    const scene = await watch({ "/a": "1" }, { notices: true });
    await pass(1000);
    scene.files["/a"] = "2";
    expect(await scene.attemptsAfter(31_000)).toEqual(["early"]);
  });

  it("waits where what it finds cannot be used, and takes the next step: a key is written after its certificate", async () => {
    const scene = await watch({ "/cert": "1", "/key": "1" }, { notices: true });
    scene.usable = ({ "/cert": cert, "/key": key }) => cert === key;
    await pass(1000);
    scene.files["/cert"] = "2";
    scene.notice();
    expect(await scene.attemptsAfter(1000)).toEqual(["early"]);
    scene.files["/key"] = "2";
    scene.notice();
    expect(await scene.attemptsAfter(200)).toEqual(["early", "early"]);
    expect(await scene.attemptsAfter(50_000)).toHaveLength(2);
  });

  it("gives up what stays as it is and cannot be used, until it changes", async () => {
    const scene = await watch({ "/a": "1" });
    scene.usable = ({ "/a": content }) => content !== "bad";
    await pass(1);
    scene.files["/a"] = "bad";
    expect(await scene.attemptsAfter(8000)).toEqual(["early", "settled"]);
    expect(await scene.attemptsAfter(40_000)).toHaveLength(2);
    scene.files["/a"] = "good";
    expect(await scene.attemptsAfter(6000)).toEqual(["early", "settled", "early"]);
  });

  it("tries what was given up again from time to time: a certificate may become valid by itself", async () => {
    const scene = await watch({ "/a": "1" });
    scene.usable = () => false;
    await pass(1);
    scene.files["/a"] = "2";
    expect(await scene.attemptsAfter(75_000)).toEqual(["early", "settled", "again"]);
    scene.usable = () => true;
    expect(await scene.attemptsAfter(300_000)).toEqual(["early", "settled", "again", "again"]);
  });

  it("notices a file that goes away, and one that comes back", async () => {
    const { files, attemptsAfter } = await watch({ "/a": "1" });
    await pass(1);
    delete files["/a"];
    expect(await attemptsAfter(6000)).toHaveLength(1);
    files["/a"] = "1";
    expect(await attemptsAfter(7000)).toHaveLength(2);
  });

  it("notices a file that is newer than the load that named it first", async () => {
    const scene = await watch({});
    scene.files["/config"] = "1";
    const marks = await scene.watching.take(["/config"]);
    scene.watching.loaded(marks, Date.now());
    expect(await scene.attemptsAfter(6000)).toEqual(["early"]);
  });

  it("notices a file that is changed while it is being loaded", async () => {
    const { files, attemptsAfter, watching } = await watch({ "/a": "1" });
    await pass(1);
    const marks = await watching.take(watching.files);
    files["/a"] = "2";
    watching.loaded(marks, Date.now() + 1);
    expect(await attemptsAfter(6000)).toEqual(["early"]);
  });

  it("does not load again what was loaded for another reason", async () => {
    const { files, attemptsAfter, watching } = await watch({ "/a": "1" });
    await pass(1);
    files["/a"] = "2";
    watching.loaded(await watching.take(watching.files), Date.now() + 1);
    expect(await attemptsAfter(600_000)).toEqual([]);
  });

  it("leaves alone what somebody else tried in vain, until it changes", async () => {
    const { files, attemptsAfter, watching } = await watch({ "/a": "1" });
    await pass(1);
    files["/a"] = "2";
    watching.failed(await watching.take(watching.files), true);
    expect(await attemptsAfter(50_000)).toEqual([]);
    files["/a"] = "3";
    expect(await attemptsAfter(6000)).toEqual(["early"]);
  });

  it("says nothing any more once it is stopped", async () => {
    const { files, attemptsAfter, watching } = await watch({ "/a": "1" });
    await pass(1);
    watching.stop();
    files["/a"] = "2";
    expect(await attemptsAfter(600_000)).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
