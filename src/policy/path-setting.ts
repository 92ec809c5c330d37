import type { FaultCode } from "../base/codes.js";
import type { ConnectError } from "../base/errors.js";
import { pemAsPath, pemIntoItsSetting, type PathMistake } from "../base/faults-path.js";
import { readPathValue, type PathValue } from "../base/path-value.js";
import { Secret } from "../base/secret.js";
import type { FileCandidate } from "./findings.js";
import { settingName } from "./setting-name.js";
import type { Source } from "./types.js";
import { invalidPath, pathInQuotes, pemIntoFile, pemIntoFiles, pemIntoPair, relative } from "./faults-paths.js";

export interface PathContext {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  /** The working directory; for what a config file says, that file's own directory. */
  readonly directory: string;
  /** Called for each secret that stands in the source itself. */
  readonly onInlineSecret?: () => void;
}

/** What a setting names, by the name that config files have for it. */
export type FileSettingName = "ca.files" | "ca.directories" | "cert" | "key" | "pfx" | "config" | "file";

interface Kind {
  readonly code: FaultCode;
  /** What to do where it holds a PEM text; undefined where that is as good as a path. */
  readonly insteadOfPem?: string;
}

const kinds: Readonly<Record<FileSettingName, Kind>> = {
  "ca.files": { code: "CA_FILE_INVALID" },
  "ca.directories": {
    code: "CA_FILE_INVALID",
    insteadOfPem: pemIntoFiles,
  },
  cert: { code: "CERT_FILE_INVALID" },
  key: { code: "KEY_FILE_INVALID" },
  pfx: {
    code: "PFX_INVALID",
    insteadOfPem: pemIntoPair,
  },
  config: {
    code: "CONFIG_INVALID",
    insteadOfPem: pemIntoItsSetting,
  },
  file: { code: "CONFIG_INVALID", insteadOfPem: pemIntoFile },
};

/**
 * A file as a setting: its path, absolute from here on, with a warning where it was not written so; or the PEM text that stands in its
 * place. A value that is neither is not shown anywhere, and using it fails with its fault.
 */
export function pathCandidate(
  name: FileSettingName,
  text: string,
  source: Source,
  context: PathContext,
): FileCandidate {
  const { code, insteadOfPem } = kinds[name];
  const read = readPathValue(text, context);
  if (read.kind === "pem" && insteadOfPem === undefined) return pemCandidate(name, read.pem, source, context);
  if (read.kind !== "path") {
    const mistake = read.kind === "pem" ? pemAsPath(insteadOfPem ?? pemIntoFile) : read;
    return notAPath(name, mistake, source, code);
  }
  // Where a file is asked for by that word, words are the name of one.
  const doubtful = read.doubtful && !(name === "file" && /^[a-z]+(?:[./-][a-z]+)*$/.test(text));
  return {
    name,
    value: read.path,
    source,
    shown: doubtful ? "(a relative path)" : read.path,
    warnings: warningsOf({ ...read, doubtful }, source, code),
    ...(doubtful && { doubtful: true }),
  };
}

function pemCandidate(name: string, pem: string, source: Source, { onInlineSecret }: PathContext): FileCandidate {
  if (pem.includes("PRIVATE KEY")) onInlineSecret?.();
  return {
    name,
    value: `the PEM text in ${settingName(source)}`,
    source,
    shown: "[PEM text]",
    // It may hold a key whatever it should hold.
    text: new Secret(pem),
  };
}

function notAPath(name: string, mistake: PathMistake, source: Source, code: FaultCode): FileCandidate {
  // As all that is wrong with directories: they are others' work, and OpenSSL says nothing about them either.
  const severity = name === "ca.directories" ? "warning" : "error";
  const fault = invalidPath(code, settingName(source), mistake, severity);
  return { name, value: "(not shown)", source, shown: "(not shown)", fault };
}

function warningsOf(read: Extract<PathValue, { kind: "path" }>, source: Source, code: FaultCode): ConnectError[] {
  const setting = settingName(source);
  const warnings: ConnectError[] = [];
  if (read.quoted) {
    warnings.push(pathInQuotes(code, setting));
  }
  // No shell reads a config file: there `~/` is the usual way to write it.
  const usual = read.spelling === "absolute" || (read.spelling === "home" && source.kind === "file");
  if (!usual) warnings.push(relative(read, source));
  return warnings;
}
