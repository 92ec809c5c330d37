import { settingName } from "../policy/index.js";
import type { Source } from "../policy/types.js";

/** Where a directory of authorities is to be named that a setting for files names. */
export function adviseDirectory(source: Source): string {
  return `name a file in it, or name the directory in ${counterpart(source, "directories")} instead`;
}

/** Where a file of authorities is to be named that a setting for directories names. */
export function adviseFile(source: Source): string {
  return `name the file in ${counterpart(source, "files")} instead`;
}

function counterpart(source: Source, wanted: "files" | "directories"): string {
  switch (source.kind) {
    case "file":
      return settingName({
        ...source,
        pointer: source.pointer.replace(/\/(?:files|directories)(?:\/\d+)?$/, `/${wanted}`),
      });
    case "option":
      return settingName({ ...source, name: wanted === "files" ? "ca" : "caDirectories" });
    default:
      return wanted === "files" ? "SSL_CERT_FILE" : "SSL_CERT_DIR";
  }
}
