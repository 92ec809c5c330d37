import { derKind, type DerKind } from "./der.js";
import { trimInvisible } from "./invisible.js";
import { formatPem } from "./pem.js";
import { unquoted } from "./written-wrong.js";

/** Anything that was meant as a BEGIN marker: a path holds none, and a damaged one is told of by the reader of PEM. */
const begin = /(?<!-)-{2,}\s*BEGIN [A-Z0-9 ]+/;

export function holdsPem(text: string): boolean {
  return begin.test(text);
}

/**
 * The PEM text that a value holds in place of a path; undefined where it holds none. Env files and CI secrets write line breaks as
 * `\n`, and some programs make blanks of them: neither character is base64, so that both can be undone without a guess.
 */
export function inlinePem(value: string): string | undefined {
  if (!holdsPem(value)) return undefined;
  const trimmed = trimInvisible(value);
  const text = (unquoted(trimmed) ?? trimmed).replace(/(?:\\+r)?\\+n/g, "\n");
  return text.replace(/-----BEGIN ([^-\n]+)-----([\s\S]*?)-----END \1-----/g, (block, label: string, body: string) => {
    const { headers, rest } = splitHeaders(body);
    const base64 = rest.replace(/\s+/g, "");
    return /^[A-Za-z0-9+/]+={0,2}$/.test(base64) ? `\n${formatPem(label, base64, headers)}` : block;
  });
}

// RFC 1421 section 4.6.1, as OpenSSL writes it: two headers, in this order.
const encrypted = /^\s*(Proc-Type:\s*4,\s*ENCRYPTED)\s+(DEK-Info:\s*[\w-]+,\s*[0-9A-Fa-f]+)\s/;

function splitHeaders(body: string): { readonly headers: readonly string[]; readonly rest: string } {
  const [all, type, algorithm] = encrypted.exec(body) ?? [];
  if (all === undefined || type === undefined || algorithm === undefined) return { headers: [], rest: body };
  return { headers: [type, algorithm], rest: body.slice(all.length) };
}

/** What a base64 text stands for, as containers' secrets come; undefined where it is none of these. */
export function encodedContent(text: string): "PEM" | Exclude<DerKind, "unknown"> | undefined {
  const base64 = text.replace(/\s+/g, "");
  if (base64.length < 40 || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(base64)) return undefined;
  const bytes = Buffer.from(base64, "base64");
  if (holdsPem(bytes.toString("latin1", 0, 4096))) return "PEM";
  const der = derKind(bytes);
  return der === "unknown" ? undefined : der;
}
