import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { oneLine } from "../../base/one-line.js";
import { tooLarge, unreadableFile } from "../faults-cert.js";

/** Bytes: the largest file of certificates that is read. All the world's roots come to a quarter of a megabyte. */
export const mostBytes = 16 * 1024 * 1024;

/**
 * A whole file, or what comes through a pipe; `-` is standard input. Bounded, since it may be a device that never ends.
 * @throws {ConnectError} CERT_FILE_UNREADABLE, CERT_FILE_INVALID where it is too large; the signal's reason
 */
export async function readBounded(
  path: string,
  stdin: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of path === "-"
      ? stdin
      : (createReadStream(path, { signal }) as AsyncIterable<Uint8Array>)) {
      length += chunk.length;
      if (length > mostBytes) break;
      chunks.push(chunk);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw unreadableFile(shownFile(path), error);
  }
  if (length > mostBytes) throw tooLarge(shownFile(path), mostBytes);
  return Buffer.concat(chunks);
}

/** As messages call it. */
export const shownFile = (path: string): string => (path === "-" ? "standard input" : oneLine(resolve(path)));
