import type { System } from "../base/system.js";
import type { ProxyProbe } from "./pac/aside.js";
import type { SandboxLimits } from "./pac/sandbox.js";
import type { PacFetch, PacSource } from "./pac/source.js";

/** PAC files by their URLs. */
export type PacFiles = Map<string, PacSource>;

/** What a router needs where a PAC file decides. */
export interface RouterOptions {
  readonly system: System;
  readonly fetch: PacFetch;
  /** The files that are known: settings that are read again go on with them. */
  readonly files: PacFiles;
  /** Default: nobody finds out whether a proxy is there before it is needed. */
  readonly probe?: ProxyProbe;
  /** Default: a second, and 32 MB. */
  readonly limits?: SandboxLimits;
}
