import type { FileStat, RunOptions, System } from "../../src/base/system.js";

/** A file by its content; an error code (`EACCES`) where reading it fails; or content with a mode (default 0600). */
export type MemoryFile =
  | string
  | Buffer
  | { readonly error: string }
  | { readonly content: string | Buffer; readonly mode: number };

export interface MemorySystemOptions {
  /** By absolute path, with `/` between the parts. A directory is whatever has files in it. */
  readonly files?: Readonly<Record<string, MemoryFile>>;
  /** Default linux. */
  readonly platform?: NodeJS.Platform;
  /** Default 2030-01-01T00:00Z. */
  readonly now?: Date;
  readonly run?: (command: string | readonly string[], options: RunOptions) => Promise<string>;
}

export interface MemorySystem extends System {
  /** Paths of all files that were read, in order. */
  readonly reads: readonly string[];
}

/** A machine with nothing on it but what a test puts there: no test depends on where it runs. */
export function memorySystem({
  files = {},
  platform = "linux",
  now = new Date("2030-01-01T00:00:00Z"),
  run,
}: MemorySystemOptions = {}): MemorySystem {
  const reads: string[] = [];
  const find = (path: string, call: string): Exclude<MemoryFile, { error: string }> => {
    const file = Object.hasOwn(files, path) ? files[path] : undefined;
    if (file === undefined) throw failure(isDirectory(files, path) ? "EISDIR" : "ENOENT", call, path);
    if (typeof file === "object" && "error" in file) throw failure(file.error, call, path);
    return file;
  };
  const contentOf = (file: Exclude<MemoryFile, { error: string }>): Buffer => {
    const content = typeof file === "object" && "content" in file ? file.content : file;
    return typeof content === "string" ? Buffer.from(content) : content;
  };
  return {
    reads,
    platform,
    nodeVersion: process.versions.node,
    now: () => now.getTime(),
    monotonic: () => performance.now(),
    readFile: async (path) => {
      reads.push(path);
      return contentOf(find(path, "open"));
    },
    readDirectory: async (path) => {
      if (!isDirectory(files, path)) throw failure("ENOENT", "scandir", path);
      const rest = Object.keys(files).filter((name) => name.startsWith(`${path}/`));
      return [...new Set(rest.map((name) => name.slice(path.length + 1).split("/")[0] ?? ""))];
    },
    stat: async (path): Promise<FileStat> => {
      const file = find(path, "stat");
      const mode = typeof file === "object" && "mode" in file ? file.mode : 0o600;
      return {
        mode: 0o100000 | mode,
        size: contentOf(file).length,
        mtimeMs: 0,
        uid: 1000,
        isFile: () => true,
        isDirectory: () => false,
      };
    },
    lookup: async (hostname) => {
      throw failure("ENOTFOUND", "getaddrinfo", hostname);
    },
    run:
      run === undefined
        ? async () => Promise.reject(new Error("the command could not be started (ENOENT)"))
        : (command, options = {}) => run(command, options),
  };
}

function isDirectory(files: Readonly<Record<string, MemoryFile>>, path: string): boolean {
  return Object.keys(files).some((name) => name.startsWith(`${path}/`));
}

function failure(code: string, call: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${call} '${path}'`), { code, syscall: call, path });
}
