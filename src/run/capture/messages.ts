/** What the process in the namespaces (worker.ts) and the one outside tell each other. A socket that goes along is the receiver's. */

/** A file or folder that lies over another one in the command's eyes. */
export interface Cover {
  readonly source: string;
  /** Exists. */
  readonly target: string;
}

/** Where the programs for the set-up are, absolute. */
export interface CaptureTools {
  readonly unshare: string;
  readonly ip: string;
  readonly nft: string;
  readonly mount: string;
  /** For root alone. */
  readonly setpriv: string | undefined;
}

/** The user that the command is run as. */
export interface CapturedUser {
  readonly uid: number;
  readonly gid: number;
  /** The namespaces belong to a user namespace of their own. Otherwise to the machine's: root has no need of one. */
  readonly isMapped: boolean;
}

export type ToWorker =
  | {
      readonly kind: "prepare";
      readonly tools: CaptureTools;
      readonly user: CapturedUser;
      readonly hostPorts: readonly number[];
    }
  | {
      readonly kind: "run";
      readonly argv: readonly string[];
      readonly variables: Readonly<Record<string, string>>;
      readonly covers: readonly Cover[];
    }
  /** With a socket: somebody outside wants this port of the command's. */
  | { readonly kind: "visitor"; readonly port: number };

export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly step: string; readonly words: string }
  /** With a socket: the command connects to this target. */
  | { readonly kind: "connection"; readonly host: string; readonly port: number }
  /** With a socket: the command connects to this port of the machine's loopback. */
  | { readonly kind: "to-host"; readonly port: number }
  /** The command has connected to an address whose name is no longer known, or that has never had one. */
  | { readonly kind: "forgotten"; readonly address: string; readonly wasGiven: boolean }
  | { readonly kind: "ended"; readonly status: number; readonly signal: NodeJS.Signals | undefined };
