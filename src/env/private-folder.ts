import { noPlace } from "./faults.js";

/** A folder of the user's alone, for files that children read. */
export interface PrivateFolder extends AsyncDisposable, Disposable {
  readonly path: string;
  /** Writes a file with mode 0600 and gives its absolute path. */
  write(name: string, contents: string | Uint8Array): Promise<string>;
}

const { getBuiltinModule } = process;

/**
 * Makes a folder with mode 0700 among the system's temporary files. Disposing of it removes it and all that is in it; so does the
 * end of the process, as far as the process sees its end.
 * @throws {ConnectError} CONFIG_INVALID where the system's folder for temporary files cannot take it
 */
export async function createPrivateFolder(prefix = "sallyport-"): Promise<PrivateFolder> {
  const { mkdtemp, writeFile, chmod } = getBuiltinModule("node:fs/promises");
  const { rmSync } = getBuiltinModule("node:fs");
  const { join } = getBuiltinModule("node:path");
  const { tmpdir } = getBuiltinModule("node:os");
  const path = await mkdtemp(join(tmpdir(), prefix)).catch((error: unknown) => {
    throw noPlace(tmpdir(), error);
  });
  await chmod(path, 0o700);
  const removeNow = (): void => rmSync(path, { recursive: true, force: true });
  process.once("exit", removeNow);
  return {
    path,
    async write(name, contents) {
      const file = join(path, name);
      await writeFile(file, contents, { mode: 0o600, flag: "wx" });
      return file;
    },
    [Symbol.asyncDispose]() {
      process.off("exit", removeNow);
      // A handful of small files: the asynchronous function takes twice the time, and a command has ended by then.
      removeNow();
      return Promise.resolve();
    },
    [Symbol.dispose]() {
      process.off("exit", removeNow);
      removeNow();
    },
  };
}
