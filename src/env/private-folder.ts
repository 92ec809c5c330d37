import { noPlace } from "./faults.js";

/** A folder that the user alone writes to, for files that children read. */
export interface PrivateFolder extends AsyncDisposable, Disposable {
  readonly path: string;
  /** Writes a file and gives its absolute path. */
  write(name: string, contents: string | Uint8Array): Promise<string>;
}

const { getBuiltinModule } = process;

/**
 * Makes a folder with mode 0700 among the system's temporary files. Disposing of it removes it and all that is in it; so does the
 * end of the process, as far as the process sees its end.
 * @throws {ConnectError} CONFIG_INVALID where the system's folder for temporary files cannot take it
 */
export async function createPrivateFolder(prefix = "sallyport-"): Promise<PrivateFolder> {
  return createFolder(prefix, { folder: 0o700, file: 0o600 });
}

/**
 * One that everybody may read, for what is no secret: a program that root starts may read it as another user (apt's downloads do). Undefined
 * for other users than root, whose programs stay their own, and where the system's folder for temporary files is closed to others.
 * @throws {ConnectError} as {@link createPrivateFolder}
 */
export async function createReadableFolder(): Promise<PrivateFolder | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const { tmpdir } = getBuiltinModule("node:os");
  const isOpen = await isTraversable(tmpdir());
  return isOpen ? createFolder("sallyport-authorities-", { folder: 0o755, file: 0o644 }) : undefined;
}

async function isTraversable(path: string): Promise<boolean> {
  const { stat } = getBuiltinModule("node:fs/promises");
  const { dirname, resolve } = getBuiltinModule("node:path");
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const mode = await stat(folder).then(
      (found) => found.mode,
      () => 0,
    );
    if ((mode & 0o001) === 0) return false;
    if (dirname(folder) === folder) return true;
  }
}

interface Modes {
  readonly folder: number;
  readonly file: number;
}

/**
 * At once, as it is removed: a handful of small files, before which a command waits. Handed to other threads, each call of the file system
 * takes ten times as long as the call itself.
 */
async function createFolder(prefix: string, modes: Modes): Promise<PrivateFolder> {
  const { chmodSync, mkdtempSync, rmSync, writeFileSync } = getBuiltinModule("node:fs");
  const { join } = getBuiltinModule("node:path");
  const { tmpdir } = getBuiltinModule("node:os");
  let path: string;
  try {
    path = mkdtempSync(join(tmpdir(), prefix));
  } catch (error) {
    throw noPlace(tmpdir(), error);
  }
  chmodSync(path, modes.folder);
  const removeNow = (): void => rmSync(path, { recursive: true, force: true });
  process.once("exit", removeNow);
  return {
    path,
    async write(name, contents) {
      const file = join(path, name);
      writeFileSync(file, contents, { mode: modes.file, flag: "wx" });
      // The umask may have taken something away.
      if (modes.file !== 0o600) chmodSync(file, modes.file);
      return file;
    },
    [Symbol.asyncDispose]() {
      process.off("exit", removeNow);
      removeNow();
      return Promise.resolve();
    },
    [Symbol.dispose]() {
      process.off("exit", removeNow);
      removeNow();
    },
  };
}
