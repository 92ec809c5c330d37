/** Something that the server's log, or the command's own output, has to show. */
export interface Proof {
  readonly claim: string;
  readonly holds: boolean;
}

/** What a command did. */
export interface Run {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  /** When each piece of stdout came, in milliseconds. */
  readonly pieces: readonly number[];
  /** How long it took, in milliseconds. */
  readonly ms: number;
}

export interface Scene {
  readonly title: string;
  /** A line or two: what is the matter in such a network. */
  readonly story: string;
  /** Why it cannot be played on this machine. */
  readonly skip?: string | undefined;
  /** Puts in place what the command needs. */
  readonly setUp?: () => Promise<void>;
  /** A file of that which the reader should see. */
  readonly listing?: { readonly path: string; readonly text: string };
  /** The listing is the command's standard input. */
  readonly readsListing?: boolean;
  /** What a person would set. */
  readonly variables: Readonly<Record<string, string>>;
  readonly argv: readonly string[];
  readonly exit: number;
  proofs(run: Run): readonly Proof[] | Promise<readonly Proof[]>;
}

/** How one scene went. */
export interface SceneResult {
  readonly scene: Scene;
  readonly run: Run;
  readonly proofs: readonly Proof[];
  readonly ok: boolean;
}
