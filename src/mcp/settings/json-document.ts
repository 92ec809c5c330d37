import { createRequire } from "node:module";
import type { FormattingOptions, JSONPath, Node } from "jsonc-parser";
import { findJsonProblem } from "../../policy/index.js";
import { notParsed, notTable } from "./faults.js";
import type { Entry, Format, Place, SettingsDocument } from "./types.js";

type Parser = typeof import("jsonc-parser");

/**
 * The servers of a JSON file. A text without anything in it counts as an empty object.
 * @throws {ConnectError} CONFIG_INVALID where it does not parse, with line and column, or is not of the form that its reader expects
 */
export function openJson(
  text: string,
  place: Place & { readonly format: Format & { kind: "json" } },
): SettingsDocument {
  const { path, table, format } = place;
  const mark = text.startsWith("\ufeff") ? "\ufeff" : "";
  const body = text.slice(mark.length);
  const source = body.trim() === "" ? "{}\n" : body;
  const problem = findJsonProblem(source, format);
  if (problem !== undefined) throw notParsed(path, "JSON", problem, problem.problem);
  // Here, since no other command needs it: the package is a fifth of this one.
  const parser = createRequire(import.meta.url)("jsonc-parser") as Parser;
  const root = parser.parseTree(source, [], { allowTrailingComma: true });
  if (root?.type !== "object") throw notTable(path, "an object");
  const servers = parser.findNodeAtLocation(root, [...table]);
  if (servers !== undefined && servers.type !== "object") throw notTable(path, `an object as ${table.join(".")}`);
  return new JsonDocument(parser, { mark, source, table, servers });
}

interface Parts {
  readonly mark: string;
  readonly source: string;
  readonly table: readonly string[];
  readonly servers: Node | undefined;
}

/**
 * Characters. Where a program writes its file into one line, an entry goes into it as it is: to lay out such a line would change all of it,
 * and takes the parser minutes for some megabytes.
 */
const longLine = 10_000;

class JsonDocument implements SettingsDocument {
  readonly entries: ReadonlyMap<string, unknown>;
  readonly hasTable: boolean;
  readonly #parser: Parser;
  readonly #parts: Parts;

  constructor(parser: Parser, parts: Parts) {
    this.#parser = parser;
    this.#parts = parts;
    this.hasTable = parts.servers !== undefined;
    this.entries = new Map(
      (parts.servers?.children ?? []).flatMap(({ children: [key, value] = [] }) =>
        key === undefined || value === undefined
          ? []
          : [[String(parser.getNodeValue(key)), parser.getNodeValue(value) as unknown]],
      ),
    );
  }

  set(name: string, entry: Entry): string {
    return this.#modify([...this.#parts.table, name], entry);
  }

  written(name: string): string | undefined {
    const node = this.#node(name);
    return node && this.#parts.source.slice(node.offset, node.offset + node.length);
  }

  restore(name: string, written: string): string {
    const { mark, source } = this.#parts;
    const node = this.#node(name);
    if (node === undefined) return this.set(name, this.#parser.parse(written) as Entry);
    return `${mark}${source.slice(0, node.offset)}${written}${source.slice(node.offset + node.length)}`;
  }

  remove(name: string, options: { readonly table: boolean }): string {
    const { table } = this.#parts;
    const isLast = this.entries.size === 1 && this.entries.has(name);
    return this.#modify(options.table && isLast ? [...table] : [...table, name], undefined);
  }

  #node(name: string): Node | undefined {
    const { servers } = this.#parts;
    return servers && this.#parser.findNodeAtLocation(servers, [name]);
  }

  #modify(path: JSONPath, value: unknown): string {
    const { mark, source } = this.#parts;
    const layout = source.split("\n").some((line) => line.length > longLine) ? undefined : layoutOf(source);
    const edits = this.#parser.modify(source, path, value, layout === undefined ? {} : { formattingOptions: layout });
    return `${mark}${this.#parser.applyEdits(source, edits)}`;
  }
}

/** As the rest of the file is laid out: the first line that is indented shows how. */
function layoutOf(source: string): FormattingOptions {
  const [, indent = "  "] = /\n([ \t]+)\S/.exec(source) ?? [];
  return {
    eol: source.includes("\r\n") ? "\r\n" : "\n",
    insertSpaces: !indent.startsWith("\t"),
    tabSize: indent.startsWith("\t") ? 1 : indent.length,
  };
}
