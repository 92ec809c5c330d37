/**
 * NODE_OPTIONS with a module that is loaded before all others, in Node's own quoting (doc/api/cli.md): double quotes, in which a backslash
 * escapes. It goes first, since Node stops reading, without a word, at whatever is no option (`undefined`, a file's name, quotes that a
 * shell kept), and takes what follows for nothing.
 */
export function requireFirst(file: string, existing = ""): string {
  const option = `--require "${file.replace(/["\\]/g, "\\$&")}"`;
  // A child of a child: once is enough. An older one may stand behind what nobody reads.
  const others = ` ${existing} `.replaceAll(` ${option} `, " ").trim();
  return others === "" ? option : `${option} ${others}`;
}

/** NODE_OPTIONS as Node takes it apart. */
export interface ReadOptions {
  readonly words: readonly string[];
  /** Why no Node starts with it, in Node's own words. */
  readonly refused: string | undefined;
  /** Nothing in it can be in doubt: options that every Node takes there, with their values. */
  readonly isUsual: boolean;
}

/**
 * By Node's rules (ParseNodeOptionsEnvVar in src/node_options.cc): blanks alone separate, double quotes hold together and are dropped, a
 * backslash escapes within them alone. Single quotes mean nothing.
 */
export function readNodeOptions(text: string): ReadOptions {
  const words: string[] = [];
  let quoted = false;
  let open = false;
  for (let at = 0; at < text.length; at++) {
    let character = text[at] ?? "";
    if (character === "\\" && quoted) {
      if (at + 1 === text.length) return refused(words, "invalid value for NODE_OPTIONS (invalid escape)");
      character = text[++at] ?? "";
    } else if (character === " " && !quoted) {
      open = false;
      continue;
    } else if (character === '"') {
      quoted = !quoted;
      continue;
    }
    words.push(open ? `${words.pop() ?? ""}${character}` : character);
    open = true;
  }
  if (quoted) return refused(words, "invalid value for NODE_OPTIONS (unterminated string)");
  return { words, refused: undefined, isUsual: isUsual(words) };
}

const refused = (words: readonly string[], why: string): ReadOptions => ({ words, refused: why, isUsual: false });

/** What Node takes for an option: it stops reading at the first word that is none and no option's value. */
export const isFlag = (word: string): boolean => word.length > 1 && word.startsWith("-");

const usualFlag =
  /^--(?:max[-_]old[-_]space[-_]size=\d+|max-http-header-size=\d+|(?:require|import)=.+|no-(?:warnings|deprecation)|enable-source-maps|trace-(?:warnings|deprecation|uncaught)|preserve-symlinks|use-openssl-ca|openssl-legacy-provider|dns-result-order=(?:ipv4first|verbatim))$/;

function isUsual(words: readonly string[]): boolean {
  return words.every((word, at) =>
    ["-r", "--require", "--import"].includes(word)
      ? words[at + 1] !== undefined && !isFlag(words[at + 1] ?? "")
      : usualFlag.test(word) || ["-r", "--require", "--import"].includes(words[at - 1] ?? ""),
  );
}

/** Whether a command is one of these programs, wherever it lies. */
export function hasBareName(command: string, names: readonly string[]): boolean {
  const name = command.split(/[\\/]/).at(-1) ?? "";
  return names.includes(name.replace(/\.exe$/i, "").toLowerCase());
}
