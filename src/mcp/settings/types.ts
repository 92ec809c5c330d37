/** The programs whose settings are read and written, by the names that `--client` takes. */
export const clientNames = ["claude-code", "claude-desktop", "cursor", "vscode", "codex", "gemini"] as const;

export type ClientName = (typeof clientNames)[number];

/** Whose settings: those of a user, of everybody who has a project's files, or of a user within one project (Claude Code's `local`). */
export type Scope = "user" | "project" | "local";

/** What is known of the machine where a client looks for its settings. */
export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  /** The working directory, for files of a project. */
  readonly directory: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** Where a client keeps the servers that it knows. */
export interface Place {
  readonly client: ClientName;
  readonly scope: Scope;
  /** Absolute. */
  readonly path: string;
  readonly format: Format;
  /** The way to the table of servers from the top of the file. */
  readonly table: readonly string[];
}

/** How a file is written, as far as its own reader takes it. */
export type Format =
  | { readonly kind: "json"; readonly comments: boolean; readonly trailingCommas: boolean }
  | { readonly kind: "toml" };

/** A server's entry, as values: an object where the file is in order. */
export type Entry = Readonly<Record<string, unknown>>;

/** The servers of one file, and how the text of the file changes with them. Nothing is written here. */
export interface SettingsDocument {
  /** As they are in the file, in its order. */
  readonly entries: ReadonlyMap<string, unknown>;
  /** Whether the table that holds the servers is there, with or without servers. */
  readonly hasTable: boolean;
  /** The whole text with this entry added, or in place of the one of that name. */
  set(name: string, entry: Entry): string;
  /** An entry as it is written, comments and all; undefined where there is none. */
  written(name: string): string | undefined;
  /** The whole text with what {@link written} gave in place of the entry. */
  restore(name: string, written: string): string;
  /** The whole text without this entry, and without the table where `table` is set and nothing else is left in it. */
  remove(name: string, options: { readonly table: boolean }): string;
}

/** How a client reaches a server. */
export type Transport = "stdio" | "http" | "sse" | "websocket" | "unknown";

/** A server that a client's settings name. */
export interface FoundServer {
  readonly name: string;
  readonly client: ClientName;
  readonly scope: Scope;
  /** The settings file. */
  readonly path: string;
  /** The folder for which it counts; undefined for a user's server. */
  readonly project: string | undefined;
  readonly transport: Transport;
  /** Through `sallyport mcp`. */
  readonly bridged: boolean;
  /** Of the server, be it through the bridge. May hold a secret: to be redacted before it is shown. */
  readonly url: string | undefined;
  /** What the client starts, without its arguments. */
  readonly command: string | undefined;
  /** What follows `sallyport mcp`; empty for what does not go through the bridge. */
  readonly bridgeArguments: readonly string[];
  /** The client is told not to use it. */
  readonly disabled: boolean;
}
