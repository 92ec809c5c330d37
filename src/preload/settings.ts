import { codeOf } from "../base/error-code.js";
import { currentVariables, readTextNow } from "../env/index.js";
import { missingVariables } from "./inheritance.js";
import type { Settings } from "./types.js";

/** What `sallyport run` leaves for its Node children: how its variables are undone, since they dial by the original ones. */
interface RunFile {
  readonly set: Readonly<Record<string, string>>;
  readonly restore: Readonly<Record<string, string | null>>;
}

/**
 * Reads the variables that the policy will be made from, at the start and never again: what a program reads from a `.env` file
 * in its working directory later must not redirect traffic. `starter`: those of the thread that started this one.
 */
export function readSettings(starter: Settings["given"] = {}): Settings {
  const own = currentVariables();
  const inherited = missingVariables(own, starter, process.platform === "win32");
  const given = inherited.length === 0 ? own : { ...own, ...Object.fromEntries(inherited) };
  const path = given["SALLYPORT_RUN"];
  if (path === undefined || path === "") return { given, variables: given };
  try {
    return { given, variables: restored(given, parseRunFile(readTextNow(path))) };
  } catch (error) {
    return { given, variables: given, fault: { path, code: codeOf(error) } };
  }
}

function parseRunFile(text: string): RunFile {
  const file = JSON.parse(text) as Partial<RunFile> | null;
  const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;
  if (!isObject(file?.set) || !isObject(file?.restore)) throw new SyntaxError("not a file of run's");
  return file as RunFile;
}

/** Undoes what `run` has set, but for what somebody has set anew since. */
function restored(given: Settings["given"], { set, restore }: RunFile): Settings["variables"] {
  const variables = { ...given };
  for (const [name, value] of Object.entries(restore)) {
    if (given[name] !== set[name]) continue;
    if (value === null) delete variables[name];
    else variables[name] = value;
  }
  return variables;
}
