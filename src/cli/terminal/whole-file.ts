import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";

/** A file that comes into being in one step, once it is whole: until then a draft lies beside it, which goes if nothing comes of it. */
export interface Draft extends AsyncDisposable {
  write(contents: string | Uint8Array): Promise<void>;
}

export interface DraftOptions {
  readonly mode: number;
  /** What is thrown where the system refuses something. */
  readonly fault: (error: unknown) => Error;
}

/**
 * Holds the place for a file. What is there is replaced, and so is a symbolic link, of which the target is left alone. Readable by its owner
 * alone until it is whole.
 */
export async function openDraft(path: string, { mode, fault }: DraftOptions): Promise<Draft> {
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  const file = await open(draft, "wx", 0o600).catch((error: unknown) => {
    throw fault(error);
  });
  return {
    async write(contents) {
      try {
        await file.writeFile(contents);
        await file.chmod(mode);
        await file.close();
        await rename(draft, path);
      } catch (error) {
        throw fault(error);
      }
    },
    async [Symbol.asyncDispose]() {
      await file.close().catch(() => undefined);
      await rm(draft, { force: true }).catch(() => undefined);
    },
  };
}
