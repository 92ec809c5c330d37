/**
 * The text of a file, or of what a program printed, by its byte order mark; UTF-8 where it has none. The mark is no part of the text.
 * PowerShell 5 writes UTF-16 for `>`, and UTF-8 with a mark for `-Encoding utf8`.
 */
export function decodeText(bytes: Buffer): string {
  const [first, second, third] = bytes;
  if (first === 0xff && second === 0xfe) return bytes.toString("utf16le", 2);
  if (first === 0xfe && second === 0xff) {
    // An odd byte at the end is half a character.
    const whole = bytes.subarray(2, bytes.length - (bytes.length % 2));
    return Buffer.from(whole).swap16().toString("utf16le");
  }
  return bytes.toString("utf8", first === 0xef && second === 0xbb && third === 0xbf ? 3 : 0);
}
