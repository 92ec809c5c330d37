import { open } from "node:fs/promises";
import { ConnectError } from "../../base/errors.js";
import { shownPath } from "./shown-path.js";
import { codeOf } from "../../base/error-code.js";

/**
 * Writes a body to the file of `--output`, each chunk as it comes. Null: an empty file.
 * @throws ConnectError where the file takes no more; what the body fails with, as it came.
 */
export async function writeFile(body: AsyncIterable<Uint8Array> | null, path: string): Promise<void> {
  const file = await naming(path, open(path, "w"));
  try {
    if (body !== null) for await (const chunk of body) await naming(path, file.writeFile(chunk));
  } catch (error) {
    // The first failure is the one to tell.
    await file.close().catch(() => undefined);
    throw error;
  }
  // A network file system may say only now that the disk is full.
  await naming(path, file.close());
}

async function naming<T>(path: string, step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    throw outputFault(path, error);
  }
}

const full = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

function outputFault(path: string, error: unknown): ConnectError {
  const code = codeOf(error);
  return new ConnectError("CONFIG_INVALID", {
    hop: "local",
    message: `--output ${shownPath(path)} cannot be written${code === "" ? "" : ` (${code})`}`,
    remedy: full.has(code)
      ? "free some space there, or name a file elsewhere"
      : "name a file in a folder that you can write to",
    cause: error,
  });
}
