/** Files that sallyport writes for other programs. They may lie in another place where a text is used: in a container, say. */
export type BundleFile = "extra" | "merged" | "truststore" | "wgetrc" | "php";

/** `isFolder`: the folder that the file is in. */
export type Part = string | { readonly file: BundleFile; readonly isFolder?: true };

/**
 * A variable's value. A secret one is not at hand: `name` is what `sallyport env --value` prints it by. What the user had in a variable
 * that is added to may hold secrets too: `behind` and `before` name the variable in which a shell keeps it, and a blank goes between.
 */
export type Value =
  | { readonly kind: "plain"; readonly parts: readonly Part[]; readonly behind?: string; readonly before?: string }
  | { readonly kind: "secret"; readonly name: string };

export interface Assignment {
  readonly name: string;
  readonly value: Value;
  /** Who reads it, in a few words. */
  readonly readBy: string;
}

/** A proxy for formats that have fields of their own for it. */
export interface ProxyEnd {
  /** `scheme://host:port`, without the login. */
  readonly url: string;
  readonly login: boolean;
  /** Percent-decoded; undefined where it may be a token, and so is part of the secret. */
  readonly username?: string;
  /** The URL with the login where that may be written out. */
  readonly urlWithLogin?: string;
}

/** Settings that are to be written for a shell or a tool. All but secrets, unless they were asked for. */
export interface ExportedSettings {
  /** Of sallyport, for the first line. */
  readonly version: string;
  readonly platform: NodeJS.Platform;
  readonly assignments: readonly Assignment[];
  readonly proxy: { readonly https?: ProxyEnd; readonly http?: ProxyEnd };
  /** Absolute paths on this machine. */
  readonly files: Readonly<Partial<Record<BundleFile, string>>>;
  readonly clientCertificate?: {
    readonly cert: string;
    readonly key: string;
    /** The key is encrypted. */
    readonly encrypted: boolean;
  };
  /** Secrets that a variable of the user's holds already, by their name: a text may refer to that variable. */
  readonly heldBy: ReadonlyMap<string, string>;
}

/** What is printed: `text` on stdout, and on stderr what the reader has to know besides, a line each. */
export interface Rendering {
  readonly text: string;
  readonly notes: readonly string[];
}

/** A tool's format. Both are pure. */
export interface Target {
  render(exported: ExportedSettings): Rendering;
  /** How to take it back. */
  undo(exported: ExportedSettings): Rendering;
}
