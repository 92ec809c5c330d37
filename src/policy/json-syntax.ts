import { createRequire } from "node:module";
import type { JSONVisitor } from "jsonc-parser";
import { asComment, jsonProblems as problems, noEndOf } from "./faults-json.js";

export interface JsonProblem {
  /** Follows "line 3, column 7: ". Quotes nothing of the text, which may hold a secret. */
  readonly problem: string;
  /** From 1; a column counts UTF-16 units. */
  readonly line: number;
  readonly column: number;
}

/** What a reader takes beyond RFC 8259. Default: nothing. */
export interface JsonDialect {
  readonly comments?: boolean;
  readonly trailingCommas?: boolean;
}

const deepest = 64;

/**
 * Finds what makes a text invalid JSON (RFC 8259), and where: `JSON.parse` gives no position on Node 20, and quotes the text,
 * passwords included. Also finds duplicate keys, of which `JSON.parse` silently keeps the last.
 */
export function findJsonProblem(
  text: string,
  { comments = false, trailingCommas = false }: JsonDialect = {},
): JsonProblem | undefined {
  // `require` and not `import()`, since a policy is resolved synchronously; here, since most have no config file.
  const { visit } = createRequire(import.meta.url)("jsonc-parser") as typeof import("jsonc-parser");
  try {
    visit(text, new Reading(text).visitor(), { disallowComments: !comments, allowTrailingComma: trailingCommas });
    return undefined;
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    const before = text.slice(0, error.offset).split("\n");
    return { problem: error.message, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  }
}

/** Ends the reading at the first problem: whatever follows it may be its consequence. */
class Stop extends Error {
  readonly offset: number;

  constructor(problem: string, offset: number) {
    super(problem);
    this.offset = offset;
  }
}

/** What has been read so far, which decides what a problem at this place is called. */
class Reading {
  readonly #text: string;
  /** The objects' names, or undefined for an array, from the outside in. */
  readonly #open: (Set<string> | undefined)[] = [];
  #expects: "name" | "colon" | "value" | "end" = "value";
  /** Of the comma before, as long as nothing has followed it. */
  #comma: number | undefined;
  /** The number or word before: what follows it without a blank belongs to it. */
  #bare: { readonly offset: number; readonly end: number } | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  visitor(): JSONVisitor {
    return {
      onObjectBegin: (offset) => this.#begin(new Set(), offset),
      onArrayBegin: (offset) => this.#begin(undefined, offset),
      onObjectEnd: (offset) => this.#end("}", offset),
      onArrayEnd: (offset) => this.#end("]", offset),
      onObjectProperty: (name, offset) => this.#name(name, offset),
      onLiteralValue: (value, offset, length) => {
        this.#expect("end");
        if (typeof value !== "string") this.#bare = { offset, end: offset + length };
      },
      onSeparator: (character, offset) => {
        if (character === ":") return this.#expect("value");
        this.#expect(this.#open.at(-1) === undefined ? "value" : "name");
        this.#comma = offset;
      },
      onError: (_code, offset, length) => this.#fail(offset, length),
    };
  }

  #begin(names: Set<string> | undefined, offset: number): void {
    this.#open.push(names);
    // Also keeps the parser, which calls itself, from exhausting the stack.
    if (this.#open.length > deepest) throw new Stop(problems.tooDeep, offset);
    this.#expect(names === undefined ? "value" : "name");
  }

  #end(bracket: string, offset: number): void {
    // The parser also calls this where the bracket is missing, and then reports that.
    if (this.#text.charAt(offset) === bracket) this.#open.pop();
    this.#expect("end");
  }

  #name(name: string, offset: number): void {
    const names = this.#open.at(-1);
    if (names?.has(name) === true) throw new Stop(problems.twice, offset);
    names?.add(name);
    this.#expect("colon");
  }

  #expect(next: "name" | "colon" | "value" | "end"): void {
    this.#expects = next;
    this.#comma = undefined;
    this.#bare = undefined;
  }

  #fail(offset: number, length: number): never {
    const character = this.#text.charAt(offset);
    // A string that is not well-formed is reported as a whole, whatever was expected there.
    if (character === '"' && (this.#expects === "name" || this.#expects === "value"))
      this.#failInString(offset, length);
    if (this.#comma !== undefined && (character === "}" || character === "]"))
      throw new Stop(problems.lastComma, this.#comma);
    if (offset === this.#bare?.end && /[\w.]/.test(character)) throw new Stop(problems.noValue, this.#bare.offset);
    const missing = this.#missing(character);
    throw new Stop(/[/#]/.test(character) ? asComment(missing) : missing, offset);
  }

  #missing(character: string): string {
    if (this.#text.trim() === "") return problems.noFile;
    switch (this.#expects) {
      case "name":
        return problems.noName;
      case "colon":
        return problems.noColon;
      case "value":
        return character === "'" ? problems.singleQuotes : problems.noValue;
      case "end":
        if (this.#open.length === 0) return problems.trailing;
        return noEndOf(this.#open.at(-1) === undefined ? "array" : "object");
    }
  }

  #failInString(offset: number, length: number): never {
    const token = this.#text.slice(offset, offset + length);
    // In pieces: V8 keeps a place to come back to for each repetition, and runs out of stack at some ten million.
    // oxlint-disable-next-line no-control-regex -- control characters are what JSON strings may not hold
    const piece = /(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})){1,4096}/y;
    piece.lastIndex = 1;
    let good = 1;
    while (piece.test(token)) good = piece.lastIndex;
    const place = offset + good;
    const character = this.#text.charAt(place);
    if (character === "\\") throw new Stop(problems.backslash, place);
    if (character === "") throw new Stop(problems.openString, offset);
    throw new Stop(problems.openLine, place);
  }
}
