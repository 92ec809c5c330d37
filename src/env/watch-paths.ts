import { readlink, stat } from "node:fs/promises";
import { watch, type FSWatcher } from "node:fs";
import { join, parse, resolve, sep } from "node:path";
import type { PathWatch } from "../base/system.js";
import { mayRead } from "./read-rights.js";

/** As many as Linux follows (ELOOP). */
const mostLinks = 40;

/** By directory: the names in it that count, or "all". */
type Places = Map<string, Set<string> | "all">;

/**
 * Watches the directories in which it is decided what the paths name. Not the files themselves: a watch on a file is lost when the file is
 * replaced by renaming, and does not see a symbolic link that is turned elsewhere, as Kubernetes turns `..data`.
 */
export async function watchPaths(paths: readonly string[], onChange: () => void): Promise<PathWatch> {
  const places: Places = new Map();
  for (const path of paths) await addPlaces(resolve(path), places);
  const watchers: FSWatcher[] = [];
  let isComplete = true;
  for (const [directory, names] of places) {
    try {
      const watcher = watch(directory, { persistent: false }, (_event, name) => {
        // The directory's own name: it was removed, or renamed.
        const counts = name === null || names === "all" || names.has(name) || directory.endsWith(sep + name);
        if (counts) onChange();
      });
      // Removed while it is watched, on Windows; there is nothing to see any more.
      watcher.on("error", () => watcher.close());
      watchers.push(watcher);
    } catch {
      // Not there, not allowed, or the system's limit on watches is reached.
      isComplete = false;
    }
  }
  return {
    isComplete,
    close: () => {
      for (const watcher of watchers) watcher.close();
    },
  };
}

/** Follows every symbolic link on the way: each may be turned. */
async function addPlaces(path: string, places: Places): Promise<void> {
  let at = parse(path).root;
  let rest = partsOf(path);
  for (let links = 0; rest.length > 0;) {
    const [name = "", ...further] = rest;
    const entry = join(at, name);
    const target = links < mostLinks ? await targetOf(entry) : undefined;
    if (target !== undefined) {
      links++;
      note(places, at, name);
      const resolved = resolve(at, target);
      at = parse(resolved).root;
      rest = [...partsOf(resolved), ...further];
    } else if (further.length > 0 && (await isDirectory(entry))) {
      at = entry;
      rest = further;
    } else {
      // The end of the way; or the first of it that is not there, and may come.
      note(places, at, name);
      if (further.length === 0 && (await isDirectory(entry))) places.set(entry, "all");
      return;
    }
  }
}

function partsOf(path: string): string[] {
  return path
    .slice(parse(path).root.length)
    .split(sep)
    .filter((part) => part !== "");
}

/** Undefined for what is not a symbolic link. */
async function targetOf(path: string): Promise<string | undefined> {
  return readlink(path).catch(() => undefined);
}

async function isDirectory(path: string): Promise<boolean> {
  if (!mayRead(path)) return false;
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function note(places: Places, directory: string, name: string): void {
  const known = places.get(directory);
  if (known === "all") return;
  if (known === undefined) places.set(directory, new Set([name]));
  else known.add(name);
}
