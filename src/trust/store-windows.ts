import type { System } from "../base/system.js";
import { nodeTooSlow, workerWithoutAnswer } from "./faults.js";
import type { ReadStore } from "./types.js";
import { clearTimeout, setTimeout } from "../base/timers.js";

/**
 * Asks Node itself where it can (22.15 and later), in a worker that can be given up. PowerShell is what older ones have;
 * it takes a second or more to start, and a machine under application control may refuse the script.
 */
export const readWindowsStore: ReadStore = async (system, timeout) =>
  Buffer.from((await readNodeStore(timeout)) ?? (await readByPowerShell(system, timeout)));

/** PEM of `tls.getCACertificates("system")`, or undefined where this Node has no such call. */
export async function readNodeStore(timeout: number): Promise<string | undefined> {
  const { getCACertificates } = (await import("node:tls")) as { getCACertificates?: unknown };
  if (typeof getCACertificates !== "function") return undefined;
  const { Worker } = await import("node:worker_threads");
  const source = `require("node:worker_threads").parentPort.postMessage(require("node:tls").getCACertificates("system").join("\\n"))`;
  // Neither the program's preloads nor its environment: a preload that uses this library would start a worker in the worker.
  const worker = new Worker(source, { eval: true, execArgv: [], env: {}, stdout: true, stderr: true });
  // A program that has nothing else to do need not wait for it.
  worker.unref();
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(nodeTooSlow(timeout))), timeout);
      worker.once("message", (text: unknown) => resolve(String(text)));
      worker.once("error", reject);
      worker.once("exit", () => reject(new Error(workerWithoutAnswer())));
    });
  } finally {
    clearTimeout(timer);
    // Not awaited: one that is stuck in the operating system ends when that lets go of it.
    void worker.terminate();
  }
}

/**
 * The current user's view holds the machine's stores too, and what group policy put there. No double quotes: they would
 * have to be escaped differently for each shell on the way.
 */
export const powerShellScript = [
  "$ErrorActionPreference = 'Stop'",
  "$denied = @(Get-ChildItem Cert:\\CurrentUser\\Disallowed | ForEach-Object { $_.Thumbprint })",
  "foreach ($store in 'CurrentUser\\Root', 'LocalMachine\\Root', 'CurrentUser\\CA', 'LocalMachine\\CA') {" +
    " Get-ChildItem Cert:\\$store | Where-Object { $_ -and ($denied -notcontains $_.Thumbprint) } | ForEach-Object {" +
    " '-----BEGIN CERTIFICATE-----'; [Convert]::ToBase64String($_.RawData, 'InsertLineBreaks'); '-----END CERTIFICATE-----' } }",
].join("; ");

// By its full path: Windows looks for bare names in the working directory first.
const powerShell = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe";

function readByPowerShell({ run }: System, timeout: number): Promise<string> {
  return run([powerShell, "-NoProfile", "-NonInteractive", "-Command", powerShellScript], {
    timeout,
    maximumOutput: 8 * 1024 * 1024,
  });
}
