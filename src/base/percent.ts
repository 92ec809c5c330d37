import { isUtf8 } from "node:buffer";

const unreserved = /^[\w.~-]$/;

/**
 * Percent-encoded as far as RFC 3986 section 2.3 leaves anything to encode: some programs end a login at a raw `'` or `!`, which
 * `encodeURIComponent` leaves alone. Half a surrogate pair, which no program could read back, becomes U+FFFD.
 */
export function percentEncoded(text: string): string {
  return Array.from(Buffer.from(text, "utf8"), (byte) => {
    const character = String.fromCharCode(byte);
    return unreserved.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}

/** A `%` that begins no escape stands for itself. */
export function percentDecoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    const bytes = Buffer.from(escapes.replaceAll("%", ""), "hex");
    // Escapes that are not UTF-8 come from tools that encode in Latin-1. (U+FFFD in the text says nothing: it can be written, too.)
    return bytes.toString(isUtf8(bytes) ? "utf8" : "latin1");
  });
}
