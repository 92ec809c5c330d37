import { open } from "node:fs/promises";
import { unwritableOutput } from "../faults.js";

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
    throw unwritableOutput(path, error);
  }
}
