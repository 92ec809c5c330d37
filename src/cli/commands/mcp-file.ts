import { createHash, randomBytes } from "node:crypto";
import { chmod, chown, lstat, mkdir, open, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { codeOf } from "../../base/error-code.js";
import {
  changedMeanwhile,
  danglingLink,
  notAFile,
  notUtf8,
  readOnlySettings,
  unreadableSettings,
  unwritableSettings,
} from "../faults-mcp-settings.js";

/** A settings file of another program as it was read. */
export interface SettingsFile {
  readonly path: string;
  /** Where a symbolic link leads; the file that is replaced. */
  readonly target: string;
  /** Undefined where there is none yet. */
  readonly bytes: Buffer | undefined;
}

/** @throws {ConnectError} CONFIG_INVALID where it is there and cannot be read, or is a link to nothing */
export async function readSettingsFile(path: string): Promise<SettingsFile> {
  try {
    const target = await realpath(path);
    // A pipe would be waited for.
    if (!(await stat(target)).isFile()) throw notAFile(path);
    return { path, target, bytes: await readFile(target) };
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw codeOf(error) === "CONFIG_INVALID" ? error : unreadableSettings(path, error);
    if (await isThere(path)) throw danglingLink(path);
    return { path, target: path, bytes: undefined };
  }
}

/**
 * The text of a settings file; empty where there is none.
 * @throws {ConnectError} CONFIG_INVALID where it is not UTF-8: written back it would be another text, in places that nobody looks at
 */
export function textOf({ path, bytes }: SettingsFile): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw notUtf8(path);
  }
}

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

/**
 * Puts other bytes into a settings file in one step, so that the program which reads it never sees half of them; mode and owner stay.
 * Undefined removes it. A file that is new gets the mode 0600, or 0644 where `shared`.
 * @throws {ConnectError} CONFIG_INVALID where it cannot be written, or was changed since it was read
 */
export async function replaceSettingsFile(
  { path, target, bytes }: SettingsFile,
  text: Uint8Array | undefined,
  { shared }: { readonly shared: boolean },
): Promise<void> {
  const draft = `${target}.${randomBytes(6).toString("hex")}`;
  try {
    const before = bytes === undefined ? undefined : await stat(target);
    // A file may be replaced by who may write to its folder; who has taken this away from it wants it to stay.
    if (before !== undefined && (before.mode & 0o222) === 0) throw readOnlySettings(path);
    if (text === undefined) {
      await unchanged(path, target, bytes);
      return await rm(target);
    }
    await mkdir(dirname(target), { recursive: true });
    const file = await open(draft, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    if (before !== undefined && process.platform !== "win32") await keepOwner(draft, before);
    await chmod(draft, before === undefined ? (shared ? 0o644 : 0o600) : before.mode & 0o7777);
    await unchanged(path, target, bytes);
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw codeOf(error) === "CONFIG_INVALID" ? error : unwritableSettings(path, error);
  }
}

async function unchanged(path: string, target: string, bytes: Buffer | undefined): Promise<void> {
  const now = await readFile(target).catch(() => undefined);
  if (bytes === undefined ? now !== undefined : now?.equals(bytes) !== true) throw changedMeanwhile(path);
}

async function keepOwner(draft: string, before: { readonly uid: number; readonly gid: number }): Promise<void> {
  const { uid, gid } = await stat(draft);
  if (uid !== before.uid || gid !== before.gid) await chown(draft, before.uid, before.gid);
}

/** What was done to a settings file, so that it can be undone. */
export interface InstallRecord {
  /** The entry as it was written before; null where there was none. */
  readonly before: string | null;
  /** The entry that was put there. */
  readonly after: unknown;
  readonly madeFile: boolean;
  readonly madeTable: boolean;
  /** SHA-256 of the whole file as it was left. */
  readonly left: string;
  /** The whole file as it was before; null where there was none. */
  readonly backup: string | null;
  /** Between that file and the one that was left stand changes of ours alone: the one may be put in the place of the other. */
  readonly isWhole?: boolean;
}

/** Where it is kept what was done for one name in one file: in a folder of the user's alone, since the file may hold tokens. */
export function recordStore(folder: string, { target }: SettingsFile, name: string) {
  const key = createHash("sha256").update(`${target}\0${name}`).digest("hex").slice(0, 16);
  const place = join(folder, "mcp");
  const path = join(place, `${key}.json`);
  return {
    async load(): Promise<InstallRecord | undefined> {
      const text = await readFile(path, "utf8").catch(() => undefined);
      return text === undefined ? undefined : recordIn(text);
    },
    /** Gives the path of the backup. */
    async keep(bytes: Buffer | undefined): Promise<string | null> {
      if (bytes === undefined) return null;
      await mkdir(place, { recursive: true, mode: 0o700 });
      const backup = join(place, `${key}-${hashOf(bytes).slice(0, 16)}.backup`);
      await writeFile(backup, bytes, { mode: 0o600 });
      return backup;
    },
    async save(record: InstallRecord): Promise<void> {
      await mkdir(place, { recursive: true, mode: 0o700 });
      await writeFile(path, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
    },
    async forget(): Promise<void> {
      await rm(path, { force: true });
    },
    /** What was kept there; undefined where it has gone. */
    recall: (backup: string): Promise<Buffer | undefined> => readFile(backup).catch(() => undefined),
    /** Removes a backup that is of no use after all. */
    async discard(backup: string): Promise<void> {
      await rm(backup, { force: true });
    },
  };
}

/** Undefined for one of which a part is missing: it would say nothing that can be relied on. */
function recordIn(text: string): InstallRecord | undefined {
  try {
    const record = JSON.parse(text) as InstallRecord | null;
    return typeof record?.left === "string" && "after" in record ? record : undefined;
  } catch {
    return undefined;
  }
}

export const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
