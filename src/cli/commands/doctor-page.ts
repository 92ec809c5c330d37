import { lstat } from "node:fs/promises";
import { resolve } from "node:path";
import { noPlainFile, pageOnStdout, unwritableOutput } from "../faults.js";
import { openDraft, type Draft } from "../terminal/whole-file.js";

/** A place for a page, held from before the work begins: what cannot be written is told before anything is asked. */
export interface PagePlace extends Draft {
  readonly path: string;
}

/**
 * For its owner's eyes alone. See {@link openDraft} for what is there already.
 * @throws {UsageError} for what is not a file
 * @throws {ConnectError} CONFIG_INVALID where nothing can be written there
 */
export async function reservePage(name: string): Promise<PagePlace> {
  if (name === "" || name === "-") throw pageOnStdout();
  const path = resolve(name);
  const there = await lstat(path).catch(() => undefined);
  if (there !== undefined && !there.isFile() && !there.isSymbolicLink()) throw noPlainFile(name);
  const fault = (error: unknown): Error => unwritableOutput(name, error, "--html");
  const draft = await openDraft(path, { mode: 0o600, fault });
  return { path, ...draft };
}
