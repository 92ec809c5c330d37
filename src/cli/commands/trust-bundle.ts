import { lstat } from "node:fs/promises";
import { dirname, basename, join } from "node:path";
import { formatBundle, parseBundle, type TrustedEntry } from "../../certificates/index.js";
import { dataFolderLocation, openSecretFiles, trustedFilePath, type SecretFiles } from "../../env/index.js";
import type { Context } from "../context.js";
import { bundleIsLink, bundleUnwritable, bundleUnreadable } from "../faults-cert.js";

/** The user's own bundle: one file of PEM, in a folder that is the user's alone. */
export interface OwnBundle {
  readonly path: string;
  /** @throws {ConnectError} CA_FILE_UNREADABLE, CA_FILE_INVALID */
  read(): Promise<TrustedEntry[]>;
  /**
   * Changes it in one step, while no other process does. What `change` gives back as it was is not written.
   * @throws {ConnectError} as above, CONFIG_INVALID where it cannot be written; the signal's reason
   */
  change(change: (entries: readonly TrustedEntry[]) => readonly TrustedEntry[]): Promise<void>;
}

export function openOwnBundle({ variables, io }: Context): OwnBundle {
  const path = trustedFilePath(dataFolderLocation(variables));
  const files = openSecretFiles(dirname(path));
  const read = (): Promise<TrustedEntry[]> => readEntries(files, path);
  return {
    path,
    read,
    async change(change) {
      const unlock = await files.lock(basename(path), io.signal).catch((error: unknown) => {
        io.signal.throwIfAborted();
        throw bundleUnwritable(path, error);
      });
      try {
        const before = await read();
        const after = change(before);
        if (after === before) return;
        // It would be replaced by a file, and what it leads to stay as it is.
        if (await isLink(path)) throw bundleIsLink(path);
        await (
          after.length === 0 ? files.remove(basename(path)) : files.write(basename(path), formatBundle(after))
        ).catch((error: unknown) => {
          throw bundleUnwritable(path, error);
        });
      } finally {
        await unlock();
      }
    },
  };
}

async function readEntries(files: SecretFiles, path: string): Promise<TrustedEntry[]> {
  const text = await files.read(basename(path)).catch((error: unknown) => {
    throw bundleUnreadable(join(path), error);
  });
  return parseBundle(text ?? "", path);
}

const isLink = (path: string): Promise<boolean> =>
  lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
