import { ConnectError } from "../base/errors.js";

/** @param path of the file that `SALLYPORT_RUN` names, which holds what `run` hands to its children */
export function settingsGone(path: string, code: string): ConnectError {
  return new ConnectError("CONFIG_INVALID", {
    hop: "local",
    message: `SALLYPORT_RUN names ${path}, which cannot be used${code === "" ? "" : ` (${code})`}`,
    remedy:
      code === "ERR_ACCESS_DENIED"
        ? `start this program with "sallyport run -- node --permission …", which adds the right to read it, or add --allow-fs-read for ${path}`
        : "what started this program by sallyport has ended: start it again from there",
  });
}

/** A thread that could not be made to load the preload. */
export function workerUncovered(why: "frozen options" | "frozen prototype"): ConnectError {
  const [which, remedy] =
    why === "frozen options"
      ? [
          "with an `env` of its own, in options that cannot be changed,",
          "let the options of that worker be no frozen object, or add NODE_OPTIONS of process.env to its `env`",
        ]
      : [
          "of a program that has frozen Object.prototype",
          "start Node with --frozen-intrinsics, which the preload sees beforehand, or freeze it after the worker was made",
        ];
  return new ConnectError("CONFIG_INVALID", {
    hop: "local",
    message: `a worker thread ${which} would not go out by the settings`,
    remedy,
  });
}
