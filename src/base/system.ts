import type { Secret } from "./secret.js";

/**
 * What the rest of sallyport may ask of the machine. `env/` makes the real one; tests hand in their own.
 * Clocks, file reads, DNS and commands reach every room through this, so that nothing else depends on them.
 */
export interface System {
  readonly platform: NodeJS.Platform;
  readonly nodeVersion: string;
  /** Milliseconds since the epoch, as `Date.now()`. */
  now(): number;
  /** Milliseconds on a clock that never goes back, as `performance.now()`. */
  monotonic(): number;
  /** Rejects with the ErrnoException of `fs.readFile`. */
  readFile(path: string): Promise<Buffer>;
  /** Names in a directory, unsorted. Rejects with the ErrnoException of `fs.readdir`. */
  readDirectory(path: string): Promise<readonly string[]>;
  stat(path: string): Promise<FileStat>;
  /**
   * Tells when something happens to one of these paths, or to a directory's content: written, replaced, renamed, also where a symbolic
   * link on the way to it is turned. A hint and no proof, since network drives give no notice; absent where there is none at all.
   * Never keeps the process running, and never rejects.
   */
  watch?(paths: readonly string[], onChange: () => void): Promise<PathWatch>;
  /** What tells how the network looks at the moment; each look is cheap. Absent where nothing can be said of it. */
  network?(): Promise<() => NetworkView>;
  /** All addresses of a name, in the order in which the resolver gave them. Rejects with the ErrnoException of `dns.lookup`. */
  lookup(hostname: string): Promise<readonly Address[]>;
  /**
   * Runs a command and gives its standard output. A string goes through the platform's shell, an array does not.
   * Rejects when it cannot be started, exits non-zero, or outlives `timeout` (milliseconds, default 10 000; it is then ended).
   */
  run(command: string | readonly string[], options?: RunOptions): Promise<string>;
  /** What tells whose a connection is. Absent, and undefined, where nothing does. */
  owners?(): Promise<OwnerCheck | undefined>;
  /** What the user has stored with `sallyport login`. Absent where nothing is. */
  readonly storedLogins?: StoredLogins;
}

/**
 * Whether the far end of a connection within this machine is a socket of the user that this process acts as. False for every doubt: another
 * network or user namespace, an end that has closed, a table that cannot be read. Never rejects.
 */
export type OwnerCheck = (ends: ConnectionEnds) => Promise<boolean>;

/** Both ends of a TCP connection. */
export interface ConnectionEnds {
  /** Ours. */
  readonly near: Endpoint;
  readonly far: Endpoint;
}

/** An IP address, without brackets, and a port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Scheme, host and port, in the form in which settings are read: lower case, no brackets, no default left out. */
export interface ProxyAddress {
  readonly protocol: string;
  readonly host: string;
  readonly port: number;
}

/** Logins at proxies, each for exactly one: scheme, host and port. */
export interface StoredLogins {
  /**
   * Undefined where there is none.
   * Rejects with a ConnectError: KEYRING_UNAVAILABLE; PROXY_LOGIN_UNREADABLE where its file is not the user's alone, or holds something else.
   */
  read(proxy: ProxyAddress): Promise<StoredLogin | undefined>;
  /** Where one is kept, without opening the keyring. Undefined where there is none. Rejects with a ConnectError: PROXY_LOGIN_UNREADABLE. */
  find(proxy: ProxyAddress): Promise<LoginPlace | undefined>;
}

/** Where a login is kept: in the keyring, or in a file of the user's alone. */
export type LoginPlace = "keyring" | "file";

/** User and password for a proxy. */
export interface StoredLogin {
  readonly username: string;
  readonly password: Secret;
}

/** Bounds of a command. */
export interface RunOptions {
  readonly timeout?: number;
  /** Bytes of standard output beyond which the command is ended; default 65 536, since most commands print one secret. */
  readonly maximumOutput?: number;
  readonly signal?: AbortSignal;
  /** Beside this process's own variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where it runs. Default, and where there is no such directory: this process's own. */
  readonly directory?: string;
}

/** How a machine's network looks at one moment. */
export interface NetworkView {
  /** The same as long as the machine stays where it is: addresses, default routes and resolvers, as far as the platform tells. */
  readonly mark: string;
  /** No network has given this machine an address. */
  readonly isOffline: boolean;
  /** All of this machine's, loopback included. */
  readonly addresses: ReadonlySet<string>;
}

/** A watch over paths, until it is closed. */
export interface PathWatch {
  /** Each of the paths is watched. Otherwise some change will go without notice. */
  readonly isComplete: boolean;
  close(): void;
}

/** What is known of a file before it is read. */
export interface FileStat {
  readonly mode: number;
  readonly size: number;
  readonly mtimeMs: number;
  /** When anything about the file was last changed: nobody can set it back, as `mtimeMs` can be. */
  readonly ctimeMs?: number;
  /** Another one: the file was replaced. */
  readonly ino?: number;
  readonly uid: number;
  isFile(): boolean;
  isDirectory(): boolean;
}

/** What a name resolves to. */
export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}
