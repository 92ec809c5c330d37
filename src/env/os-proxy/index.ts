import { decodeText } from "../../base/decode-text.js";
import { readGnomeProxy } from "./gnome.js";
import { readKdeProxy } from "./kde.js";
import { readMacosProxy } from "./macos.js";
import type { OsPlaces, OsProxyReader, OsProxySettings } from "./types.js";
import { readWindowsProxy } from "./windows.js";

export type { OsProxyProblem, OsProxyServer, OsProxySettings } from "./types.js";

/** A program that hangs must not hold up whoever only wants to know of a proxy. */
const timeout = 2_000;

/** Desktops that keep their settings where GNOME does, as `XDG_CURRENT_DESKTOP` and older variables name them. */
const gnomeLike = /\b(?:gnome|unity|cinnamon|x-cinnamon|budgie|pantheon|mate|ubuntu|deepin|cosmic)\b/i;

/**
 * Reads the proxy settings of the operating system or the desktop. Undefined where there are none. Synchronous: it runs a small
 * program (`scutil`, `reg`, `gsettings`; 5 to 30 ms) or reads a file, and nothing at all on a Linux without a desktop.
 */
export function readOsProxy(
  platform: NodeJS.Platform,
  places: Pick<OsPlaces, "home" | "variable"> & Partial<OsPlaces>,
  variables: Readonly<Record<string, string>> = {},
): OsProxySettings | undefined {
  const reader = readerFor(platform, places.variable);
  if (reader === undefined) return undefined;
  try {
    return reader({ run: (file, args) => runNow(file, args, variables), readFile: readNow, ...places });
  } catch (error) {
    const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "failed";
    const command = platform === "darwin" ? "scutil" : platform === "win32" ? "reg" : "gsettings";
    return { from: "the operating system", exceptions: [], problem: { kind: "command", command, code } };
  }
}

function readerFor(platform: NodeJS.Platform, variable: OsPlaces["variable"]): OsProxyReader | undefined {
  if (platform === "win32") return readWindowsProxy;
  if (platform === "darwin") return readMacosProxy;
  const desktop = variable("XDG_CURRENT_DESKTOP") ?? variable("DESKTOP_SESSION") ?? "";
  if (/\b(?:kde|plasma)\b/i.test(desktop) || variable("KDE_FULL_SESSION") !== undefined) return readKdeProxy;
  return gnomeLike.test(desktop) ? readGnomeProxy : undefined;
}

function runNow(file: string, args: readonly string[], env: Readonly<Record<string, string>>): string {
  const { execFileSync } = process.getBuiltinModule("node:child_process");
  // `LC_ALL`: numbers and words of these programs are read, not shown.
  const options = { env: { ...env, LC_ALL: "C" }, timeout, maxBuffer: 1024 * 1024, windowsHide: true };
  return decodeText(execFileSync(file, args, { ...options, stdio: ["ignore", "pipe", "ignore"] }));
}

function readNow(path: string): string {
  return decodeText(process.getBuiltinModule("node:fs").readFileSync(path));
}
