import { problemOf } from "./faults-problem.js";
import type { encodedContent } from "./inline-pem.js";

/** Why a setting names no file, and what to do. */
export interface PathMistake {
  /** Follows the setting's name. Holds nothing of the value but what is certainly a path. */
  readonly problem: string;
  readonly remedy: string;
}

/** Where quotation marks around a value come from. */
export const quotesRemain = "Docker's env files keep them, and so does SET on Windows";

/** Follows a setting's name. */
export const notExpanded = "holds a variable that was not expanded";

/** What to do about that in a path. */
export const writeInFull = "write the path in full: neither single quotes nor env files nor JSON expand variables";

export const variableInPath = problemOf(notExpanded, writeInFull);

export const noPath = problemOf(
  "does not hold a path; its value is not shown, since it may be a secret",
  "set it to the path of the file, and keep secrets in settings that are meant for them",
);

export const urlAsPath = problemOf("is a URL, but must be a path", "download it to a file, and name that file");

export const jsonAsPath = problemOf("holds JSON, but must be a path", "write it to a file, and name that file");

export const windowsPath = problemOf(
  "is a Windows path, and this system is not Windows",
  "write the path as this system spells it: in WSL, C:\\ is /mnt/c",
);

/** @param remedy what to do with the text in a setting of this kind */
export function pemAsPath(remedy: string): PathMistake {
  return { problem: "holds a PEM text, but must be a path", remedy };
}

export const pemIntoItsSetting = "name a JSON file, and put the PEM text into the setting it is for";

/** @param path what the URL names; undefined where it may not be shown */
export function fileUrlAsPath(path: string | undefined): PathMistake {
  return {
    problem: "is a file:// URL, but must be a path",
    remedy: path === undefined ? "write the path alone, without file://" : `write the path alone: ${path}`,
  };
}

export function encodedText(content: NonNullable<ReturnType<typeof encodedContent>>): PathMistake {
  const holds = (what: string): string => `holds ${what} as base64, but must be a path`;
  const decode = "decode it (base64 -d) into a file with mode 0600, and set this to the file's path";
  switch (content) {
    case "PEM":
      return { problem: holds("a PEM text"), remedy: `${decode}; the PEM text itself is accepted as well` };
    case "pkcs12":
      return { problem: holds("a PKCS#12 store"), remedy: decode };
    default:
      return {
        problem: holds("a certificate or key without BEGIN and END lines"),
        remedy: `${decode}, in PEM form: with a line such as -----BEGIN CERTIFICATE----- before it and the END line after it`,
      };
  }
}
