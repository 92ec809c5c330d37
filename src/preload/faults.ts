import { ConnectError } from "../base/errors.js";

/** @param path of the file that `SALLYPORT_RUN` names, which holds what `run` hands to its children */
export function settingsGone(path: string, code: string): ConnectError {
  return new ConnectError("CONFIG_INVALID", {
    hop: "local",
    message: `SALLYPORT_RUN names ${path}, which cannot be used${code === "" ? "" : ` (${code})`}`,
    remedy: "what started this program by sallyport has ended: start it again from there",
  });
}
