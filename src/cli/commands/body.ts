import { readFile } from "node:fs/promises";
import { unreadableData } from "../faults.js";
import type { Io } from "../terminal/io.js";

/** The value of `--data`: text, `@file`, or `@-` (also a lone `-`) for stdin. Unlike curl's, it is sent byte for byte. */
export async function readBody(data: string, io: Io): Promise<string | Uint8Array> {
  if (data === "@-" || data === "-") {
    const chunks: Uint8Array[] = [];
    for await (const chunk of io.stdin) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
  if (!data.startsWith("@")) return data;
  const path = data.slice(1);
  try {
    return await readFile(path);
  } catch (error) {
    throw unreadableData(path, error);
  }
}
