import { readUrl } from "./read-url.js";
import { encodedContent, holdsPem, inlinePem } from "./inline-pem.js";
import { trimInvisible } from "./invisible.js";
import { looksRandom, looksSecret } from "./looks-secret.js";
import { resolvePath, type PathBase, type ResolvedPath } from "./path.js";
import { holdsVariable, notExpanded, unquoted, writeInFull } from "./written-wrong.js";

/** What a value holds that should be a path. Only a path may be shown, and a doubtful one only once it has been read. */
export type PathValue =
  | (ResolvedPath & {
      readonly kind: "path";
      /** It stands in quotation marks, which are left out. */
      readonly quoted: boolean;
      /** A bare name: a password in the wrong place looks the same. */
      readonly doubtful: boolean;
    })
  | { readonly kind: "pem"; readonly pem: string }
  | ({ readonly kind: "mistake" } & PathMistake);

/** Why a setting names no file, and what to do. */
export interface PathMistake {
  /** Follows the setting's name. Holds nothing of the value but what is certainly a path. */
  readonly problem: string;
  readonly remedy: string;
}

/** Linux has the longest among the usual systems (PATH_MAX). */
const longestPath = 4096;
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const control = /[\u0000-\u001f\u007f]/;
const fileName =
  /\.(?:pem|crt|cert?|der|key|pub|p12|pfx|p7[bc]|ca|bundle|jks|json[5c]?|txt|conf|cfg|pass\w*|secret|token)$/i;

/** Reads a value that should be a path: it may be a PEM text, a secret in the wrong place, or written as no program reads it. */
export function readPathValue(value: string, base: PathBase): PathValue {
  const pem = inlinePem(value);
  if (pem !== undefined) return { kind: "pem", pem };
  const trimmed = trimInvisible(value);
  const inside = unquoted(trimmed);
  const text = inside === undefined ? trimmed : trimInvisible(inside);
  const mistake = findMistake(text, base);
  if (mistake !== undefined) return { kind: "mistake", ...mistake };
  const resolved = resolvePath(text, base);
  const bare = resolved.spelling === "relative" && !/^\.{1,2}[\\/]/.test(text) && !fileName.test(text);
  return { kind: "path", ...resolved, quoted: inside !== undefined, doubtful: bare };
}

function findMistake(text: string, base: PathBase): PathMistake | undefined {
  const encoded = encodedContent(text);
  if (encoded !== undefined) return encodedText(encoded);
  if (text.length > longestPath || control.test(text)) return noPath;
  const spelling = misspelling(text, base);
  if (spelling !== undefined) return spelling;
  const { spelling: written } = resolvePath(text, base);
  return (written === "relative" ? relativeSecret(text) : absoluteSecret(text)) ? noPath : undefined;
}

const noPath: PathMistake = {
  problem: "does not hold a path; its value is not shown, since it may be a secret",
  remedy: "set it to the path of the file, and keep secrets in settings that are meant for them",
};

function encodedText(content: NonNullable<ReturnType<typeof encodedContent>>): PathMistake {
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

/** Paths as they are written for something else than the system. */
function misspelling(text: string, { platform }: PathBase): PathMistake | undefined {
  if (/^file:/i.test(text)) return fileUrl(text, platform);
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text))
    return { problem: "is a URL, but must be a path", remedy: "download it to a file, and name that file" };
  if (/^(?:\$|%\w+%|\{\{)/.test(text) && holdsVariable(text)) {
    return { problem: notExpanded, remedy: writeInFull };
  }
  if (/^[[{]/.test(text))
    return { problem: "holds JSON, but must be a path", remedy: "write it to a file, and name that file" };
  if (platform !== "win32" && /^(?:[A-Za-z]:[\\/]|\\\\\w)/.test(text)) {
    return {
      problem: "is a Windows path, and this system is not Windows",
      remedy: "write the path as this system spells it: in WSL, C:\\ is /mnt/c",
    };
  }
  return undefined;
}

function fileUrl(text: string, platform: NodeJS.Platform): PathMistake {
  const url = readUrl(text);
  const plain =
    url !== undefined && url.host === "" && url.search === "" && url.hash === "" && isEncodedRight(url.pathname);
  const path = plain
    ? decodeURIComponent(url.pathname).replace(platform === "win32" ? /^\/(?=[A-Za-z]:)/ : /^(?!)/, "")
    : "";
  const shown = path !== "" && !control.test(path) && !absoluteSecret(path);
  return {
    problem: "is a file:// URL, but must be a path",
    remedy: shown ? `write the path alone: ${path}` : "write the path alone, without file://",
  };
}

function isEncodedRight(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** Folders have any name, and hashes are common ones: only what begins with one, or is base64 as a whole, is no path. */
function absoluteSecret(text: string): boolean {
  const [first = ""] = text.slice(1).split(/[\\/]/);
  return holdsPem(text) || looksRandom(first) || (/^[A-Za-z0-9+/]{24,}={0,2}$/.test(text) && /[+=]/.test(text));
}

function relativeSecret(text: string): boolean {
  return !fileName.test(text) && (looksSecret(text) || /[^\p{L}\p{N}_ .@~+,()\\/-]/u.test(text));
}
