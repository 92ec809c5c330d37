import { codeOf } from "../base/error-code.js";
import { lockFile, type Unlock } from "./file-lock.js";

/** Files of the user's alone that outlast a command and hold secrets. Names are plain: letters, digits, dots and dashes. */
export interface SecretFiles {
  readonly path: string;
  /** Undefined where there is none. Rejects with the ErrnoException of `fs.readFile`. */
  read(name: string): Promise<string | undefined>;
  /** In one step, so that nobody reads half of it; mode 0600. Rejects with the ErrnoException of the step that failed. */
  write(name: string, text: string): Promise<void>;
  /** No fault where there is none. */
  remove(name: string): Promise<void>;
  names(): Promise<readonly string[]>;
  /**
   * Waits until no other process has this lock, and takes it. One whose holder is gone is taken over: nobody has touched it for a while.
   * @throws the signal's reason after an abort; the ErrnoException where the folder cannot be written to
   */
  lock(name: string, signal?: AbortSignal): Promise<Unlock>;
}

const { getBuiltinModule } = process;

/** The folder is made at the first file, with mode 0700. */
export function openSecretFiles(folder: string): SecretFiles {
  const { join } = getBuiltinModule("node:path");
  const files = getBuiltinModule("node:fs/promises");
  const at = (name: string): string => join(folder, name);
  const makeFolder = async (): Promise<void> => {
    await files.mkdir(folder, { recursive: true, mode: 0o700 });
    // One that was there may be open to others.
    await files.chmod(folder, 0o700);
  };
  return {
    path: folder,
    read: (name) => files.readFile(at(name), "utf8").catch(unlessMissing),
    async write(name, text) {
      await makeFolder();
      const { randomBytes } = getBuiltinModule("node:crypto");
      const draft = `${at(name)}.${randomBytes(6).toString("hex")}.tmp`;
      try {
        await files.writeFile(draft, text, { mode: 0o600, flag: "wx" });
        await files.rename(draft, at(name));
      } catch (error) {
        await files.rm(draft, { force: true });
        throw error;
      }
    },
    remove: (name) => files.rm(at(name), { force: true }),
    names: async () => (await files.readdir(folder).catch(unlessMissing)) ?? [],
    async lock(name, signal) {
      await makeFolder();
      return lockFile(at(`${name}.lock`), signal === undefined ? {} : { signal });
    },
  };
}

function unlessMissing(error: unknown): undefined {
  if (codeOf(error) === "ENOENT") return undefined;
  throw error;
}
