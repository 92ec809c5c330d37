import { posix, win32 } from "node:path";

/** How a path was written: as it should be, or in a way that a warning should speak of. */
export type PathSpelling = "absolute" | "relative" | "home";

export interface ResolvedPath {
  readonly path: string;
  readonly spelling: PathSpelling;
}

export interface PathBase {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  /** What a relative path works against. */
  readonly directory: string;
}

/** Makes a path absolute. `~/` is the home directory: a shell does not expand it inside quotes, nor JSON at all. */
export function resolvePath(text: string, base: PathBase): ResolvedPath {
  const { isAbsolute, join, normalize } = base.platform === "win32" ? win32 : posix;
  if (isAbsolute(text)) return { path: normalize(text), spelling: "absolute" };
  const inHome = base.platform === "win32" ? /^~[\\/]/ : /^~\//;
  if (inHome.test(text)) return { path: join(base.home, text.slice(2)), spelling: "home" };
  return { path: join(base.directory, text), spelling: "relative" };
}
