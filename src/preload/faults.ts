import { configInvalid } from "../base/faults-config.js";
import type { ConnectError } from "../base/errors.js";

/** @param path of the file that `SALLYPORT_RUN` names, which holds what `run` hands to its children */
export function settingsGone(path: string, code: string): ConnectError {
  return configInvalid(
    `SALLYPORT_RUN names ${path}, which cannot be used${code === "" ? "" : ` (${code})`}`,
    code === "ERR_ACCESS_DENIED"
      ? `start this program with "sallyport run -- node --permission …", which adds the right to read it, or add --allow-fs-read for ${path}`
      : "what started this program by sallyport has ended: start it again from there",
  );
}

/** A thread that could not be made to load the preload: of a class that another preload has, which came before. */
export function workerUncovered(why: "frozen options" | "frozen prototype"): ConnectError {
  const which =
    why === "frozen options"
      ? "with an `env` of its own, in options that cannot be changed,"
      : "of a program that has frozen Object.prototype";
  return configInvalid(
    `a worker thread ${which} would not go out by the settings: what makes it was loaded before sallyport/register`,
    "let sallyport/register be the first that is loaded into this program, before any other --require or --import",
  );
}
