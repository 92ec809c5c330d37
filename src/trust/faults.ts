import { ConnectError } from "../base/errors.js";
import { settingName } from "../policy/index.js";
import type { TrustSettings } from "../policy/types.js";

// What is wrong with the operating system's store. Those of files and of directories are in the other faults files.

export function storeUnreadable(stores: TrustSettings["stores"], prefix: string, cause: unknown): ConnectError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const asked = stores.source.kind === "default" ? "" : `${settingName(stores.source)}: `;
  return new ConnectError("CA_FILE_UNREADABLE", {
    message: `${asked}the operating system's certificate store cannot be read: ${reason}`,
    remedy: `name a PEM file with the authorities of your network in ${prefix}_CA_CERTS; ${prefix}_CERT_STORE=bundled then ignores the store`,
    hop: "local",
    severity: "warning",
    cause,
  });
}

// Why it cannot be read, where no other program says it.

export function noBundleFile(): string {
  return "none of the known bundle files can be read";
}

export function nodeTooSlow(timeout: number): string {
  return `Node did not read the store within ${timeout} ms`;
}

export function workerWithoutAnswer(): string {
  return "the worker ended without an answer";
}
