import { createPrivateKey, type KeyObject } from "node:crypto";

interface EncryptedKey {
  readonly key: string;
  readonly passphrase: string;
}

const source = `
const { parentPort, workerData } = require("node:worker_threads");
try {
  const key = require("node:crypto").createPrivateKey(workerData);
  parentPort.postMessage({ der: key.export({ type: "pkcs8", format: "der" }) });
} catch (error) {
  parentPort.postMessage({ error });
}`;

/**
 * Decrypts a PEM key as `createPrivateKey` does, in another thread: that call derives the key from the passphrase at once, which is
 * slow by design, and a program that waits for it answers nobody.
 * @throws what `createPrivateKey` throws; the signal's reason
 */
export async function openInThread(encrypted: EncryptedKey, signal?: AbortSignal): Promise<KeyObject> {
  const { Worker } = await import("node:worker_threads");
  signal?.throwIfAborted();
  let worker: InstanceType<typeof Worker>;
  try {
    // Neither the program's preloads nor its environment: a preload that uses this library would start a worker in the worker.
    worker = new Worker(source, { eval: true, execArgv: [], env: {}, workerData: encrypted });
  } catch {
    // A program that is not permitted to have threads (--permission) has to wait.
    return createPrivateKey(encrypted);
  }
  const abort = (): void => void worker.terminate();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    const der = await new Promise<Uint8Array>((resolve, reject) => {
      worker.once("message", (answer: { readonly der: Uint8Array } | { readonly error: Error }) => {
        if ("der" in answer) resolve(answer.der);
        else reject(answer.error);
      });
      worker.once("error", reject);
      worker.once("exit", () => reject(signal?.aborted === true ? signal.reason : new Error("the thread ended early")));
    });
    return createPrivateKey({ key: Buffer.from(der), format: "der", type: "pkcs8" });
  } finally {
    signal?.removeEventListener("abort", abort);
    await worker.terminate();
  }
}
