import {
  encodedText,
  fileUrlAsPath,
  jsonAsPath,
  noPath,
  urlAsPath,
  variableInPath,
  windowsPath,
  type PathMistake,
} from "./faults-path.js";
import { readUrl } from "./read-url.js";
import { encodedContent, holdsPem, inlinePem } from "./inline-pem.js";
import { trimInvisible } from "./invisible.js";
import { looksRandom, looksSecret } from "./looks-secret.js";
import { resolvePath, type PathBase, type ResolvedPath } from "./path.js";
import { holdsVariable, unquoted } from "./written-wrong.js";

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

/** Paths as they are written for something else than the system. */
function misspelling(text: string, { platform }: PathBase): PathMistake | undefined {
  if (/^file:/i.test(text)) return fileUrl(text, platform);
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text)) return urlAsPath;
  if (/^(?:\$|%\w+%|\{\{)/.test(text) && holdsVariable(text)) return variableInPath;
  if (/^[[{]/.test(text)) return jsonAsPath;
  return platform !== "win32" && /^(?:[A-Za-z]:[\\/]|\\\\\w)/.test(text) ? windowsPath : undefined;
}

function fileUrl(text: string, platform: NodeJS.Platform): PathMistake {
  const url = readUrl(text);
  const plain =
    url !== undefined && url.host === "" && url.search === "" && url.hash === "" && isEncodedRight(url.pathname);
  const path = plain
    ? decodeURIComponent(url.pathname).replace(platform === "win32" ? /^\/(?=[A-Za-z]:)/ : /^(?!)/, "")
    : "";
  const shown = path !== "" && !control.test(path) && !absoluteSecret(path);
  return fileUrlAsPath(shown ? path : undefined);
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
