import { readFile } from "node:fs/promises";
import { ConnectError } from "../../base/errors.js";
import { shownPath } from "../terminal/shown-path.js";
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
    const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
    throw new ConnectError("CONFIG_INVALID", {
      hop: "local",
      message: `--data @${shownPath(path)} cannot be read${code}`,
      remedy: "name a file that exists, or @- for stdin",
      cause: error,
    });
  }
}
