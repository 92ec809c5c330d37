/** One variable for children. */
export interface ChildVariable {
  readonly name: string;
  readonly value: string;
  /** Holds a login, a token or a passphrase. */
  readonly secret: boolean;
  /** Who reads it, in a few words: "curl", "Python requests, pip". */
  readonly readBy: string;
}

/** All that the table of variables is filled from. Paths are absolute. */
export interface VariableValues {
  /** Proxy URLs, with their logins, for https and http targets. */
  readonly proxy: { readonly https?: string; readonly http?: string };
  /** NO_PROXY entries in our grammar; each variable gets them in the spelling that its readers understand. */
  readonly noProxy: readonly string[];
  /** PEM of what the defaults lack (for variables that append). */
  readonly extraFile?: string;
  /** PEM of everything (for variables that replace). */
  readonly mergedFile?: string;
  readonly truststore?: { readonly path: string; readonly password: string };
  /** Files that a program may present itself. */
  readonly clientCertificate?: { readonly cert: string; readonly key: string; readonly passphrase?: string };
  /** The preload's file. */
  readonly preload?: string;
  /** NODE_OPTIONS as it was before. */
  readonly nodeOptions?: string;
  /** JAVA_TOOL_OPTIONS as it was before. */
  readonly javaToolOptions?: string;
  /** A file of JVM options with the proxies' login. */
  readonly javaLogin?: string;
  /** MAVEN_OPTS as it was before. */
  readonly mavenOptions?: string;
  /** A wgetrc that names the authorities. */
  readonly wgetrc?: string;
  /** The folders that PHP reads settings from, ours among them. */
  readonly phpFolders?: string;
  /** A configuration of apt's that names the authorities. */
  readonly aptConfiguration?: string;
}

/**
 * What `SALLYPORT_RUN` names, a private file: how a Node child gets back the settings that its variables were made from. A variable is
 * restored where it still is what was set, or still missing where it was taken out: what somebody has set since then counts.
 */
export interface RunFile {
  readonly set: Readonly<Record<string, string>>;
  /** Null: it was not set. */
  readonly restore: Readonly<Record<string, string | null>>;
  /** Of the variables that are read. Absent: SALLYPORT. */
  readonly prefix?: string;
  /** What was given in code, in the names of PolicyOptions. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** For each option that means what variables mean: their names. Where one of them has been changed since then, it counts instead. */
  readonly variables?: Readonly<Record<string, readonly string[]>>;
}
