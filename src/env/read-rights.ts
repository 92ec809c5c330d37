/** `process.permission`, which is there under `--permission` alone. */
interface Permission {
  has(right: "fs.read", path: string): boolean;
}

/**
 * Whether this process may read a path. Asked before, since Node 20's fs/promises ends the process at a `stat` or `readdir` that is denied,
 * beside its promise.
 */
export function mayRead(path: string): boolean {
  const { permission } = process as { readonly permission?: Permission };
  return permission === undefined || permission.has("fs.read", path);
}

/** @throws the error that Node gives for it, where this process may not read a path */
export function assertReadable(path: string): void {
  if (mayRead(path)) return;
  throw Object.assign(new Error("Access to this API has been restricted"), {
    code: "ERR_ACCESS_DENIED",
    permission: "FileSystemRead",
    resource: path,
  });
}
