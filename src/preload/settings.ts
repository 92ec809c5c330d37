import { codeOf } from "../base/error-code.js";
import { currentVariables, readTextNow } from "../env/index.js";
import { missingVariables } from "./inheritance.js";
import type { RunFile } from "../tools/types.js";
import type { Settings } from "./types.js";

/**
 * Reads the variables that the policy will be made from, at the start and never again: what a program reads from a `.env` file
 * in its working directory later must not redirect traffic. `starter`: those of the thread that started this one.
 */
export function readSettings(starter: Settings["given"] = {}): Settings {
  const own = currentVariables();
  const path = own["SALLYPORT_RUN"] ?? starter["SALLYPORT_RUN"];
  const read = path === undefined || path === "" ? undefined : readRunFile(path);
  const file = read?.file;
  const prefix = file?.prefix ?? "SALLYPORT";
  const inherited = missingVariables(own, starter, { prefix, windows: process.platform === "win32" });
  const given = inherited.length === 0 ? own : { ...own, ...Object.fromEntries(inherited) };
  return {
    given,
    prefix,
    variables: file === undefined ? given : restored(given, file),
    options: file === undefined ? {} : stillValid(given, file),
    ...(read?.fault !== undefined && { fault: read.fault }),
  };
}

function readRunFile(path: string): { readonly file?: RunFile; readonly fault?: Settings["fault"] } {
  try {
    return { file: parseRunFile(readTextNow(path)) };
  } catch (error) {
    return { fault: { path, code: codeOf(error) } };
  }
}

function parseRunFile(text: string): RunFile {
  const file = JSON.parse(text) as Partial<RunFile> | null;
  const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;
  if (!isObject(file?.set) || !isObject(file?.restore)) throw new SyntaxError("not a file of run's");
  return file as RunFile;
}

/** Undoes what was set for this process, but for what somebody has changed since. */
function restored(given: Settings["given"], { set, restore }: RunFile): Settings["variables"] {
  const variables = { ...given };
  for (const [name, value] of Object.entries(restore)) {
    if (given[name] !== set[name]) continue;
    if (value === null) delete variables[name];
    else variables[name] = value;
  }
  return variables;
}

/** The options that were given in code, but for those whose variables somebody has changed since. */
function stillValid(given: Settings["given"], { set, options = {}, variables = {} }: RunFile): Settings["options"] {
  const changed = (name: string): boolean => given[name] !== set[name];
  return Object.fromEntries(Object.entries(options).filter(([name]) => !(variables[name] ?? []).some(changed)));
}
