export interface JsonProblem {
  /** Follows "line 3, column 7: ". Quotes nothing of the text, which may hold a secret. */
  readonly problem: string;
  /** From 1; a column counts UTF-16 units. */
  readonly line: number;
  readonly column: number;
}

const deepest = 64;

/**
 * Finds what makes a text invalid JSON (RFC 8259), and where: `JSON.parse` gives no position on Node 20, and quotes the text,
 * passwords included. Also finds duplicate keys, of which `JSON.parse` silently keeps the last.
 */
export function findJsonProblem(text: string): JsonProblem | undefined {
  const scanner = new Scanner(text);
  try {
    scanner.document();
    return undefined;
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    const before = text.slice(0, error.offset).split("\n");
    return { problem: error.message, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  }
}

class Stop extends Error {
  readonly offset: number;

  constructor(problem: string, offset: number) {
    super(problem);
    this.offset = offset;
  }
}

class Scanner {
  readonly #text: string;
  #offset = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): void {
    this.#space();
    if (this.#offset === this.#text.length) this.#stop("the file is empty");
    this.#value();
    this.#space();
    if (this.#offset < this.#text.length) this.#stop("nothing may follow the closing brace");
  }

  #value(): void {
    const character = this.#peek();
    if (character === "{" || character === "[") {
      if (++this.#depth > deepest) this.#stop("the nesting is too deep");
      if (character === "{") this.#object();
      else this.#array();
      this.#depth--;
    } else if (character === '"') {
      this.#string();
    } else if (!this.#skip(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)\b/y)) {
      this.#stop(character === "'" ? "strings need double quotes" : `a value is missing or misspelt${this.#comment()}`);
    }
  }

  #object(): void {
    const keys = new Set<string>();
    this.#offset++;
    this.#space();
    if (this.#take("}")) return;
    for (;;) {
      const start = this.#offset;
      if (this.#peek() !== '"') this.#stop(`a name in double quotes is missing${this.#comment()}`);
      const key = this.#string();
      if (keys.has(key)) this.#stop("this name occurs twice in one object", start);
      keys.add(key);
      this.#space();
      if (!this.#take(":")) this.#stop("a colon is missing after the name");
      this.#space();
      this.#value();
      if (this.#endOf("}", "a comma or a closing brace is missing")) return;
    }
  }

  #array(): void {
    this.#offset++;
    this.#space();
    if (this.#take("]")) return;
    for (;;) {
      this.#value();
      if (this.#endOf("]", "a comma or a closing bracket is missing")) return;
    }
  }

  /** Behind an element: true at the end of the list, false before the next element. */
  #endOf(close: string, missing: string): boolean {
    this.#space();
    if (this.#take(close)) return true;
    const comma = this.#offset;
    if (!this.#take(",")) this.#stop(`${missing}${this.#comment()}`);
    this.#space();
    if (this.#peek() === close) this.#stop("a comma stands before the end of the list", comma);
    return false;
  }

  #string(): string {
    const start = this.#offset++;
    this.#skip(/(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/uy);
    const character = this.#peek();
    if (character === '"') return JSON.parse(this.#text.slice(start, ++this.#offset)) as string;
    if (character === "\\") return this.#stop('a backslash begins no escape: write \\\\ for one in a path, or use "/"');
    if (character === "") return this.#stop("a string is not closed", start);
    return this.#stop("a string is not closed on its line, or holds a control character");
  }

  #comment(): string {
    return this.#peek() === "/" || this.#peek() === "#" ? " (JSON has no comments)" : "";
  }

  #space(): void {
    this.#skip(/[ \t\r\n]*/y);
  }

  #peek(): string {
    return this.#text.charAt(this.#offset);
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#offset++;
    return true;
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#offset;
    const match = pattern.exec(this.#text);
    if (match === null) return false;
    this.#offset += match[0].length;
    return true;
  }

  #stop(problem: string, offset = this.#offset): never {
    throw new Stop(problem, offset);
  }
}
