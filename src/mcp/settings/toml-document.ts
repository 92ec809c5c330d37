import { notEditable, notParsed, notTable, repeatedKey } from "./faults.js";
import { descend, place as put, scanToml, TomlProblem, type TomlHeader, type TomlPair } from "./toml-scan.js";
import type { Entry, Place, SettingsDocument } from "./types.js";

/**
 * The servers of a TOML file. Servers that are written as tables of their own, `[mcp_servers.NAME]`, can be changed and removed;
 * others are read alone.
 * @throws {ConnectError} CONFIG_INVALID where it does not parse, with line and column, or is not of the form that its reader expects
 */
export function openToml(text: string, place: Place): SettingsDocument {
  const mark = text.startsWith("\ufeff") ? "\ufeff" : "";
  const source = text.slice(mark.length);
  try {
    return new TomlDocument(source, mark, place, scanToml(source));
  } catch (error) {
    if (!(error instanceof TomlProblem)) throw error;
    throw notParsed(place.path, "TOML", positionIn(source, error.offset), error.message);
  }
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where a server stands. Undefined spans: in a form that is not edited. */
interface Standing {
  readonly start: number;
  spans: Span[] | undefined;
}

class TomlDocument implements SettingsDocument {
  readonly entries: ReadonlyMap<string, unknown>;
  readonly hasTable: boolean;
  readonly #source: string;
  readonly #mark: string;
  readonly #path: string;
  readonly #standing = new Map<string, Standing>();
  /** Of a table of servers that nothing can be added to, being written in braces. */
  #sealed: number | undefined;

  constructor(source: string, mark: string, { path, table }: Place, statements: readonly (TomlPair | TomlHeader)[]) {
    this.#source = source;
    this.#mark = mark;
    this.#path = path;
    const top: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    const [root = ""] = table;
    this.#read(statements, root, top);
    const servers = Object.hasOwn(top, root) ? top[root] : undefined;
    this.hasTable = servers !== undefined;
    if (servers !== undefined && !isTable(servers)) throw notTable(path, `a table as ${root}`);
    this.entries = new Map(Object.entries(servers ?? {}));
  }

  #read(statements: readonly (TomlPair | TomlHeader)[], root: string, top: Record<string, unknown>): void {
    const headers = new Set<string>();
    let within: readonly string[] = [];
    let before: string | undefined;
    for (const statement of statements) {
      const keys = statement.kind === "pair" ? [...within, ...statement.keys] : statement.keys;
      const last: string | undefined = before;
      before = undefined;
      if (statement.kind !== "pair") within = keys;
      if (keys[0] !== root) continue;
      if (statement.kind === "array") throw notTable(this.#path, `a table as ${keys.join(".")}`);
      const [, name] = keys;
      if (statement.kind === "table") {
        const written = JSON.stringify(keys);
        if (headers.has(written)) throw this.#repeated(keys, statement.start);
        headers.add(written);
        if (descend(top, keys) === undefined) throw this.#repeated(keys, statement.start);
      }
      if (statement.kind === "pair" && !put(top, keys, statement.value)) throw this.#repeated(keys, statement.start);
      if (name === undefined) {
        if (statement.kind === "pair") this.#sealed = statement.start;
      } else {
        this.#stand(name, statement, { own: within[0] === root && within.length > 1, follows: last === name });
        before = name;
      }
    }
  }

  #stand(name: string, { start, end }: Span, { own, follows }: { own: boolean; follows: boolean }): void {
    const standing = this.#standing.get(name) ?? { start, spans: [] };
    this.#standing.set(name, standing);
    if (!own) standing.spans = undefined;
    const last = standing.spans?.at(-1);
    if (last !== undefined && follows) standing.spans?.splice(-1, 1, { start: last.start, end });
    else standing.spans?.push({ start, end });
  }

  set(name: string, entry: Entry): string {
    const eol = this.#source.includes("\r\n") ? "\r\n" : "\n";
    const lines = [
      `[mcp_servers.${name}]`,
      ...Object.entries(entry).map(([key, value]) => `${key} = ${inToml(value)}`),
    ];
    return this.restore(name, lines.map((line) => `${line}${eol}`).join(""));
  }

  written(name: string): string | undefined {
    if (!this.entries.has(name)) return undefined;
    return this.#spans(name)
      .map(({ start, end }) => this.#source.slice(start, end))
      .join("");
  }

  restore(name: string, written: string): string {
    if (this.entries.has(name)) return this.#cut(this.#spans(name), written);
    if (this.#sealed !== undefined) throw notEditable(this.#path, name, positionIn(this.#source, this.#sealed));
    const eol = written.includes("\r\n") ? "\r\n" : "\n";
    const ends = this.#source === "" || this.#source.endsWith("\n") ? "" : eol;
    return `${this.#mark}${this.#source}${ends}${this.#source.trim() === "" ? "" : eol}${written}`;
  }

  remove(name: string): string {
    return this.#cut(this.#spans(name), "");
  }

  /** The text with the first of the spans replaced, and the others gone. */
  #cut(spans: readonly Span[], replacement: string): string {
    let text = this.#mark;
    let at = 0;
    for (const [index, { start, end }] of spans.entries()) {
      text += this.#source.slice(at, start) + (index === 0 ? replacement : "");
      at = end;
      // The empty line that set it off from what was before.
      if (index > 0 || replacement === "")
        text = text.replace(/(\r?\n)\r?\n$/, at === this.#source.length ? "$1" : "$&");
    }
    return text + this.#source.slice(at);
  }

  #spans(name: string): readonly Span[] {
    const { spans, start = 0 } = this.#standing.get(name) ?? {};
    if (spans === undefined) throw notEditable(this.#path, name, positionIn(this.#source, this.#sealed ?? start));
    return spans;
  }

  #repeated(keys: readonly string[], offset: number): Error {
    return repeatedKey(this.#path, keys.join("."), positionIn(this.#source, offset));
  }
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.getPrototypeOf(value) === null;
}

/** Strings and lists of them: all that an entry of ours has. */
function inToml(value: unknown): string {
  return Array.isArray(value)
    ? `[${value.map(inToml).join(", ")}]`
    : JSON.stringify(value).replaceAll("\u007f", "\\u007f");
}

/** From 1; a column counts UTF-16 units. */
function positionIn(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
