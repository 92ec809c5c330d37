import { codeOf } from "../base/error-code.js";

/** What lies at a path where a Unix socket is to be. */
export type SocketPathState = "free" | "socket" | "something else";

const { getBuiltinModule } = process;

/** Symbolic links are not followed. Rejects with the ErrnoException of `fs.lstat`. */
export async function inspectSocketPath(path: string): Promise<SocketPathState> {
  try {
    return (await getBuiltinModule("node:fs/promises").lstat(path)).isSocket() ? "socket" : "something else";
  } catch (error) {
    if (codeOf(error) === "ENOENT") return "free";
    throw error;
  }
}

/** Removes a socket's file. Rejects with the ErrnoException of `fs.rm`. */
export function removeSocketFile(path: string): Promise<void> {
  return getBuiltinModule("node:fs/promises").rm(path, { force: true });
}

/**
 * Runs `make` so that what it makes is the user's alone (mode 0600) from its first moment.
 * @throws ERR_WORKER_UNSUPPORTED_OPERATION in a worker thread, which cannot set that
 */
export function makePrivately<T>(make: () => T): T {
  const before = process.umask(0o177);
  try {
    return make();
  } finally {
    process.umask(before);
  }
}
