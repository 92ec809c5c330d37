import { randomBytes } from "node:crypto";
import { lstat, open, rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { noPlainFile, pageOnStdout, unwritableOutput } from "../faults.js";

/** A place for a page, held from before the work begins: what cannot be written is told before anything is asked. */
export interface PagePlace extends AsyncDisposable {
  readonly path: string;
  /** In one step, readable by its owner alone. @throws {ConnectError} CONFIG_INVALID */
  write(text: string): Promise<void>;
}

/**
 * A plain file that is there is replaced once the page is whole, and so is a symbolic link, of which the target is left alone.
 * @throws {UsageError} for what is not a file
 * @throws {ConnectError} CONFIG_INVALID where nothing can be written there
 */
export async function reservePage(name: string): Promise<PagePlace> {
  if (name === "" || name === "-") throw pageOnStdout();
  const path = resolve(name);
  const there = await lstat(path).catch(() => undefined);
  if (there !== undefined && !there.isFile() && !there.isSymbolicLink()) throw noPlainFile(name);
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  const fault = (error: unknown): Error => unwritableOutput(name, error, "--html");
  const file = await open(draft, "wx", 0o600).catch((error: unknown) => {
    throw fault(error);
  });
  return {
    path,
    async write(text) {
      try {
        await file.writeFile(text);
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
