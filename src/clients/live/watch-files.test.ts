import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FileWatch, type Attempt } from "./watch-files.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Scene {
  /** Content by path; each write is later than the one before. */
  readonly files: Record<string, string>;
  /** Whether what is there can be used. */
  usable: (files: Readonly<Record<string, string>>) => boolean;
  readonly attempts: Attempt[];
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
  const scene: Omit<Scene, "watching"> = { files, attempts, usable: () => true, notice: () => undefined };
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
  return Object.assign(scene, { watching });
}

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe("a watch", () => {
  it("says nothing while nothing changes", async () => {
    const { attempts, watching } = await watch({ "/a": "1" });
    await pass(600_000);
    expect(attempts).toEqual([]);
    watching.stop();
  });

  it("speaks once, when a change has come to rest", async () => {
    const { files, attempts, watching } = await watch({ "/cert": "1", "/key": "1" });
    await pass(4990);
    files["/cert"] = "2";
    await pass(50);
    files["/key"] = "2";
    await pass(60);
    expect(attempts).toEqual([]);
    await pass(100);
    expect(attempts).toEqual(["early"]);
    await pass(600_000);
    expect(attempts).toEqual(["early"]);
    watching.stop();
  });

  it("looks at once where it gets notice", async () => {
    const scene = await watch({ "/a": "1" }, { notices: true });
    await pass(1000);
    scene.files["/a"] = "2";
    scene.notice();
    await pass(200);
    expect(scene.attempts).toEqual(["early"]);
    scene.watching.stop();
  });

  it("looks now and then even where it gets notice: it may be lost", async () => {
    const scene = await watch({ "/a": "1" }, { notices: true });
    await pass(1000);
    scene.files["/a"] = "2";
    await pass(31_000);
    expect(scene.attempts).toEqual(["early"]);
    scene.watching.stop();
  });

  it("waits where what it finds cannot be used, and takes the next step: a key is written after its certificate", async () => {
    const scene = await watch({ "/cert": "1", "/key": "1" }, { notices: true });
    scene.usable = ({ "/cert": cert, "/key": key }) => cert === key;
    await pass(1000);
    scene.files["/cert"] = "2";
    scene.notice();
    await pass(1000);
    expect(scene.attempts).toEqual(["early"]);
    scene.files["/key"] = "2";
    scene.notice();
    await pass(200);
    expect(scene.attempts).toEqual(["early", "early"]);
    await pass(50_000);
    expect(scene.attempts).toHaveLength(2);
    scene.watching.stop();
  });

  it("gives up what stays as it is and cannot be used, until it changes", async () => {
    const scene = await watch({ "/a": "1" });
    scene.usable = ({ "/a": content }) => content !== "bad";
    await pass(1);
    scene.files["/a"] = "bad";
    await pass(8000);
    expect(scene.attempts).toEqual(["early", "settled"]);
    await pass(40_000);
    expect(scene.attempts).toHaveLength(2);
    scene.files["/a"] = "good";
    await pass(6000);
    expect(scene.attempts).toEqual(["early", "settled", "early"]);
    scene.watching.stop();
  });

  it("tries what was given up again from time to time: a certificate may become valid by itself", async () => {
    const scene = await watch({ "/a": "1" });
    scene.usable = () => false;
    await pass(1);
    scene.files["/a"] = "2";
    await pass(75_000);
    expect(scene.attempts).toEqual(["early", "settled", "again"]);
    scene.usable = () => true;
    await pass(300_000);
    expect(scene.attempts).toEqual(["early", "settled", "again", "again"]);
    scene.watching.stop();
  });

  it("notices a file that goes away, and one that comes back", async () => {
    const { files, attempts, watching } = await watch({ "/a": "1" });
    await pass(1);
    delete files["/a"];
    await pass(6000);
    expect(attempts).toHaveLength(1);
    files["/a"] = "1";
    await pass(7000);
    expect(attempts).toHaveLength(2);
    watching.stop();
  });

  it("notices a file that is newer than the load that named it first", async () => {
    const scene = await watch({});
    scene.files["/config"] = "1";
    const marks = await scene.watching.take(["/config"]);
    scene.watching.loaded(marks, Date.now());
    await pass(6000);
    expect(scene.attempts).toEqual(["early"]);
    scene.watching.stop();
  });

  it("notices a file that is changed while it is being loaded", async () => {
    const { files, attempts, watching } = await watch({ "/a": "1" });
    await pass(1);
    const marks = await watching.take(watching.files);
    files["/a"] = "2";
    watching.loaded(marks, Date.now() + 1);
    await pass(6000);
    expect(attempts).toEqual(["early"]);
    watching.stop();
  });

  it("does not load again what was loaded for another reason", async () => {
    const { files, attempts, watching } = await watch({ "/a": "1" });
    await pass(1);
    files["/a"] = "2";
    watching.loaded(await watching.take(watching.files), Date.now() + 1);
    await pass(600_000);
    expect(attempts).toEqual([]);
    watching.stop();
  });

  it("leaves alone what somebody else tried in vain, until it changes", async () => {
    const { files, attempts, watching } = await watch({ "/a": "1" });
    await pass(1);
    files["/a"] = "2";
    watching.failed(await watching.take(watching.files), true);
    await pass(50_000);
    expect(attempts).toEqual([]);
    files["/a"] = "3";
    await pass(6000);
    expect(attempts).toEqual(["early"]);
    watching.stop();
  });

  it("says nothing any more once it is stopped", async () => {
    const { files, attempts, watching } = await watch({ "/a": "1" });
    await pass(1);
    watching.stop();
    files["/a"] = "2";
    await pass(600_000);
    expect(attempts).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
