import { isIP } from "node:net";
import { bareHost, canonicalHost } from "../../base/hostname.js";
import { invalidResolve } from "../faults.js";

/** One `--resolve host:port:address`, as curl has it. */
export interface ResolveEntry {
  readonly host: string;
  readonly port: number;
  readonly address: string;
}

export function parseResolve(text: string): ResolveEntry {
  const parts = /^(?<host>\[[^\]]+\]|[^:]+):(?<port>\d{1,5}):(?<address>.+)$/.exec(text)?.groups;
  const address = bareHost(parts?.["address"] ?? "");
  if (parts?.["host"] === undefined || isIP(address) === 0) {
    throw invalidResolve();
  }
  return { host: canonicalHost(parts["host"]), port: Number(parts["port"]), address };
}
