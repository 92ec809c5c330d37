import { createRequire } from "node:module";

/** Where this package's preload lies. By its public name, since the caller may be a source file, a bundle or a chunk of one. */
export function preloadFile(): string {
  return createRequire(import.meta.url).resolve("sallyport/register");
}

/**
 * What `SALLYPORT_RUN` names: how a Node child gets back the settings that its variables were made from. A variable is restored where
 * it still is what was set, or still missing where it was taken out: what somebody has set since then counts.
 */
export interface RunFile {
  readonly set: Readonly<Record<string, string>>;
  /** Null: it was not set. */
  readonly restore: Readonly<Record<string, string | null>>;
}

export interface RunFileInput {
  /** The variables that the child gets. */
  readonly child: Readonly<Record<string, string>>;
  /** Names that were changed, added or taken out. */
  readonly touched: readonly string[];
  /** The variables before. */
  readonly inherited: Readonly<Record<string, string>>;
  /** What flags and options said, as variables. */
  readonly settings: Readonly<Record<string, string | null>>;
}

export function runFile({ child, touched, inherited, settings }: RunFileInput): RunFile {
  const set: Record<string, string> = {};
  const restore: Record<string, string | null> = {};
  for (const name of new Set([...touched, ...Object.keys(settings)])) {
    const before = inherited[name] ?? null;
    const value = Object.hasOwn(settings, name) ? (settings[name] ?? null) : before;
    const now = child[name];
    if (now !== undefined) set[name] = now;
    if (value !== (now ?? null)) restore[name] = value;
  }
  return { set, restore };
}
