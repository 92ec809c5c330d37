/** What a variable is set to. Names and commands are ours: of letters, digits and underscores. */
export type ShellValue =
  /** `behind`: after what that variable holds, and a blank; `before`: before it. */
  | { readonly kind: "text"; readonly text: string; readonly behind?: string; readonly before?: string }
  /** What another variable holds. */
  | { readonly kind: "variable"; readonly variable: string }
  /** What a command prints: its words, without anything that a shell would take for its own. */
  | { readonly kind: "command"; readonly command: string };

/** How one shell says it; a text for each. Every one also works where it is pasted at a prompt. */
export interface ShellSyntax {
  comment(text: string): string;
  /** Undefined where the shell cannot hold the text. */
  set(name: string, value: ShellValue): string | undefined;
  unset(name: string): string;
  /** Sets `as` to what `name` holds, unless `as` is set. */
  keep(name: string, as: string): string;
  /** Sets `name` to what `from` holds, and takes `from` away. */
  restore(name: string, from: string): string;
  /** Lines around all others, for a text that needs them. */
  wrap?(lines: readonly string[]): readonly string[];
  /** Names compare without case. */
  readonly caseless: (platform: NodeJS.Platform) => boolean;
  /** How a person uses what a command prints. */
  usage(command: string): string;
}
