import { posix, win32 } from "node:path";

// Taken at the point of use: this room is loaded at every start, and hardly any of them writes a file.
const { getBuiltinModule } = process;

/** Where files live that outlast a command: they are named by what they hold, so that writing one again changes nothing. */
export interface DataFolder {
  readonly path: string;
  /**
   * Writes `contents` under a name that is made from their hash (`name-0123456789abcdef.extension`), unless they are there already,
   * and gives the absolute path. Whoever holds an older path keeps a whole file: none is ever changed or removed.
   * Rejects with the ErrnoException of the step that failed.
   */
  write(name: string, extension: string, contents: string | Uint8Array): Promise<string>;
}

export interface DataFolderLocation {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** The place for whoever has these variables. Default: this process's own. */
export function dataFolderLocation(variables: DataFolderLocation["variables"] = process.env): DataFolderLocation {
  const { platform } = process;
  const { homedir } = getBuiltinModule("node:os");
  return { platform, home: variables[platform === "win32" ? "USERPROFILE" : "HOME"] ?? homedir(), variables };
}

/**
 * The folder for what sallyport keeps for a user: `$XDG_DATA_HOME/sallyport`, by default `~/.local/share/sallyport` (XDG Base
 * Directory Specification, which has a relative value ignored); `~/Library/Application Support/sallyport` on macOS;
 * `%LOCALAPPDATA%\sallyport` on Windows.
 */
export function dataFolderPath(location: DataFolderLocation): string {
  const { platform, home } = location;
  if (platform === "win32")
    return win32.join(folderIn("LOCALAPPDATA", location) ?? win32.join(home, "AppData", "Local"), "sallyport");
  if (platform === "darwin") return posix.join(home, "Library", "Application Support", "sallyport");
  return posix.join(folderIn("XDG_DATA_HOME", location) ?? posix.join(home, ".local", "share"), "sallyport");
}

/** What a variable names, where that is an absolute path. On Windows, names compare without case. */
export function folderIn(name: string, { platform, variables }: DataFolderLocation): string | undefined {
  const isWindows = platform === "win32";
  const spelling = isWindows ? Object.keys(variables).find((candidate) => candidate.toUpperCase() === name) : name;
  const value = spelling === undefined ? undefined : variables[spelling];
  return value !== undefined && (isWindows ? win32 : posix).isAbsolute(value) ? value : undefined;
}

/** The user's own bundle of authorities, as `sallyport trust add` writes it. */
export function trustedFilePath(location: DataFolderLocation): string {
  const { join } = location.platform === "win32" ? win32 : posix;
  return join(dataFolderPath(location), "trusted.pem");
}

/** The folder is made at the first file, with mode 0700: nobody else may put files there. Files have mode 0644: they are no secrets. */
export function openDataFolder(path: string): DataFolder {
  return {
    path,
    async write(name, extension, contents) {
      const { createHash } = getBuiltinModule("node:crypto");
      const { join } = getBuiltinModule("node:path");
      const bytes = Buffer.from(contents);
      const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
      const file = join(path, `${name}-${hash}.${extension}`);
      await makeFolder(path);
      if (!(await holds(file, bytes))) await replace(file, bytes);
      return file;
    },
  };
}

async function makeFolder(path: string): Promise<void> {
  const { chmod, mkdir } = getBuiltinModule("node:fs/promises");
  await mkdir(path, { recursive: true, mode: 0o700 });
  // One that was there may be open to others, who could then put an authority of theirs in place of ours.
  await chmod(path, 0o700);
}

/** A name alone proves nothing: a full disk may have left half a file behind. */
async function holds(file: string, bytes: Buffer): Promise<boolean> {
  const { readFile } = getBuiltinModule("node:fs/promises");
  try {
    return bytes.equals(await readFile(file));
  } catch {
    // Missing, or of a kind that the renaming below will refuse to replace, and say so.
    return false;
  }
}

/** In one step, so that a program which starts meanwhile never reads half of it. */
async function replace(file: string, bytes: Buffer): Promise<void> {
  const { chmod, rename, rm, writeFile } = getBuiltinModule("node:fs/promises");
  const { randomBytes } = getBuiltinModule("node:crypto");
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    await writeFile(draft, bytes, { mode: 0o644, flag: "wx" });
    // The umask may have taken something away.
    await chmod(draft, 0o644);
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
