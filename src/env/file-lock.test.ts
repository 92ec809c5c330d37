import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { lockFile } from "./file-lock.js";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lock-"));
  path = join(folder, "a.lock");
  return () => rm(folder, { recursive: true, force: true });
});

test("one at a time has it, and nothing stays behind", async () => {
  let [inside, most, total] = [0, 0, 0];
  const work = async (): Promise<void> => {
    const unlock = await lockFile(path);
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside--;
    total++;
    await unlock();
  };
  await Promise.all(Array.from({ length: 12 }, work));
  expect([most, total, await readdir(folder)]).toEqual([1, 12, []]);
});

test("a holder on another machine that gives no sign of life is replaced, by one of those who wait", async () => {
  await writeFile(path, "1 another-machine left-behind");
  let [inside, most] = [0, 0];
  const work = async (): Promise<void> => {
    const unlock = await lockFile(path, { patience: 300 });
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside--;
    await unlock();
  };
  await Promise.all(Array.from({ length: 6 }, work));
  expect(most).toBe(1);
});

test("one that does give signs is waited for, whatever its clock shows", async () => {
  await writeFile(path, "1 another-machine alive");
  let beats = 0;
  const heart = setInterval(() => void utimes(path, new Date(beats), new Date(++beats)).catch(() => undefined), 50);
  const stop = new AbortController();
  const waiting = lockFile(path, { patience: 2000, signal: stop.signal });
  await expect.poll(() => beats, { timeout: 60_000 }).toBeGreaterThan(60);
  stop.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  clearInterval(heart);
});

test("a process of this machine that is gone is replaced at once", async () => {
  // No process has this number: it is beyond what the kernel gives.
  await writeFile(path, `99999999 ${hostname()} left-behind`);
  const unlock = await lockFile(path, { patience: 3_600_000 });
  await unlock();
  expect(await readdir(folder)).toEqual([]);
});
