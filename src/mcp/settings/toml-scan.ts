/**
 * Reads TOML 1.0 (https://toml.io/en/v1.0.0) as far as it takes to know where each table and key stands, so that one table can be
 * added or removed and every other byte stays. What is not understood ends the reading: nothing is guessed.
 */

/** A key and its value. */
export interface TomlPair {
  readonly kind: "pair";
  readonly keys: readonly string[];
  readonly value: unknown;
  readonly start: number;
  /** Behind the line's end. */
  readonly end: number;
}

/** `[a.b]`, or `[[a.b]]`. */
export interface TomlHeader {
  readonly kind: "table" | "array";
  readonly keys: readonly string[];
  readonly start: number;
  readonly end: number;
}

/** A number, a date: whatever is neither text, list nor table, as it is written. */
export class TomlBare {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export class TomlProblem extends Error {
  readonly offset: number;

  /** `message` follows "line 3, column 7: ", and quotes nothing of the text. */
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

const deepest = 64;
const escapes: Readonly<Record<string, string>> = {
  b: "\b",
  t: "\t",
  n: "\n",
  f: "\f",
  r: "\r",
  '"': '"',
  "\\": "\\",
};

/* oxlint-disable no-control-regex -- control characters are what strings and comments may not hold */
const inLine = {
  "'": /[^'\u0000-\u0008\u000a-\u001f\u007f]*/y,
  '"': /(?:[^"\\\u0000-\u0008\u000a-\u001f\u007f]|\\.)*/y,
} as const;
const comment = /#[^\u0000-\u0008\u000a-\u001f\u007f]*/.source;
/* oxlint-enable no-control-regex */
const blanks = /[ \t]*/y;
const blanksAndLines = new RegExp(`(?:[ \\t\\n]|\\r\\n|${comment})*`, "y");
const restOfLine = new RegExp(`[ \\t]*(?:${comment})?`, "y");

/** @throws TomlProblem */
export function scanToml(text: string): (TomlPair | TomlHeader)[] {
  return new Scanner(text).statements();
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  statements(): (TomlPair | TomlHeader)[] {
    const found: (TomlPair | TomlHeader)[] = [];
    for (;;) {
      this.#blank(true);
      if (this.#at >= this.#text.length) return found;
      const start = this.#at;
      const statement = this.#take("[") ? this.#header() : this.#pair();
      this.#lineEnd();
      found.push({ ...statement, start, end: this.#at });
    }
  }

  #header(): Omit<TomlHeader, "start" | "end"> {
    const kind = this.#take("[") ? "array" : "table";
    const keys = this.#keys();
    const close = kind === "array" ? "]]" : "]";
    if (!this.#take(close)) this.#fail(`the table's name must end with ${close}`);
    return { kind, keys };
  }

  #pair(depth = 0): Omit<TomlPair, "start" | "end"> {
    const keys = this.#keys();
    if (!this.#take("=")) this.#fail("an equals sign is missing after the key");
    this.#blank(false);
    return { kind: "pair", keys, value: this.#value(depth) };
  }

  #keys(): string[] {
    const keys: string[] = [];
    do {
      this.#blank(false);
      keys.push(this.#key());
      this.#blank(false);
    } while (this.#take("."));
    return keys;
  }

  #key(): string {
    const quote = this.#text.charAt(this.#at);
    if (quote === '"' || quote === "'") return this.#line(quote);
    return this.#match(/[A-Za-z0-9_-]+/y) ?? this.#fail("a key is missing");
  }

  #value(depth: number): unknown {
    if (depth > deepest) this.#fail("the nesting is too deep");
    for (const quote of ['"', "'"] as const) {
      if (this.#text.startsWith(quote.repeat(3), this.#at)) return this.#block(quote);
      if (this.#text.charAt(this.#at) === quote) return this.#line(quote);
    }
    if (this.#take("[")) return this.#list(depth);
    if (this.#take("{")) return this.#inline(depth);
    const bare = this.#match(/[\w+.:-]+(?: \d\d:[\w+.:-]+)?/y) ?? this.#fail("a value is missing");
    return bare === "true" ? true : bare === "false" ? false : new TomlBare(bare);
  }

  #list(depth: number): unknown[] {
    const values: unknown[] = [];
    for (;;) {
      this.#blank(true);
      if (this.#take("]")) return values;
      values.push(this.#value(depth + 1));
      this.#blank(true);
      if (this.#take("]")) return values;
      if (!this.#take(",")) this.#fail("a comma or a closing bracket is missing");
    }
  }

  #inline(depth: number): Record<string, unknown> {
    const table: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    this.#blank(false);
    if (this.#take("}")) return table;
    for (;;) {
      const start = this.#at;
      const { keys, value } = this.#pair(depth + 1);
      if (!place(table, keys, value)) throw new TomlProblem("this key appears twice", start);
      this.#blank(false);
      if (this.#take("}")) return table;
      if (!this.#take(",")) this.#fail("a comma or a closing brace is missing");
    }
  }

  /** A string on one line. */
  #line(quote: '"' | "'"): string {
    const start = this.#at++;
    const body = this.#match(inLine[quote]);
    if (!this.#take(quote))
      throw new TomlProblem("a string is not closed on its line, or holds a control character", start);
    return quote === "'" ? (body ?? "") : this.#unescape(body ?? "", start + 1);
  }

  /** A string between three quotes. Up to two quotes may stand before the three that close it. */
  #block(quote: '"' | "'"): string {
    const start = this.#at;
    const closing = new RegExp(quote === "'" ? "[^]*?'{3,5}(?!')" : '(?:[^\\\\]|\\\\[^])*?"{3,5}(?!")', "y");
    closing.lastIndex = start + 3;
    const found = closing.exec(this.#text)?.[0];
    if (found === undefined) throw new TomlProblem("a string is not closed", start);
    this.#at = start + 3 + found.length;
    const body = found.slice(0, -3).replace(/^\r?\n/, "");
    return quote === "'" ? body : this.#unescape(body.replace(/\\[ \t]*\r?\n[ \t\r\n]*/g, ""), start + 3);
  }

  #unescape(body: string, offset: number): string {
    return body.replace(/\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[^])/g, (_, escape: string) => {
      const known =
        escapes[escape] ?? (escape.length > 1 ? codePoint(Number.parseInt(escape.slice(1), 16)) : undefined);
      if (known === undefined) throw new TomlProblem("a backslash does not begin a valid escape", offset);
      return known;
    });
  }

  /** Passes blanks and, where `lines` is set, comments and line ends. */
  #blank(lines: boolean): void {
    this.#match(lines ? blanksAndLines : blanks);
  }

  #lineEnd(): void {
    this.#match(restOfLine);
    if (this.#at < this.#text.length && this.#match(/\r?\n/y) === undefined)
      this.#fail("nothing more may follow on this line");
  }

  #take(expected: string): boolean {
    if (!this.#text.startsWith(expected, this.#at)) return false;
    this.#at += expected.length;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #fail(message: string): never {
    throw new TomlProblem(message, this.#at);
  }
}

function codePoint(value: number): string | undefined {
  return value <= 0x10ffff && !(value >= 0xd800 && value <= 0xdfff) ? String.fromCodePoint(value) : undefined;
}

/** Puts a value at a dotted key; false where something is there already. */
export function place(table: Record<string, unknown>, keys: readonly string[], value: unknown): boolean {
  const last = keys.at(-1);
  const parent = descend(table, keys.slice(0, -1));
  if (last === undefined || parent === undefined || Object.hasOwn(parent, last)) return false;
  parent[last] = value;
  return true;
}

/** The table at a dotted key, made where it is missing; undefined where something else is in the way. */
export function descend(table: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> | undefined {
  let current = table;
  for (const key of keys) {
    const next = Object.hasOwn(current, key) ? current[key] : (current[key] = Object.create(null) as unknown);
    if (typeof next !== "object" || next === null || Array.isArray(next) || next instanceof TomlBare) return undefined;
    current = next as Record<string, unknown>;
  }
  return current;
}
