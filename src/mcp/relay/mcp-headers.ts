import type { HeaderFields } from "./http.js";
import { isObject, type Message, type Params } from "./json-rpc.js";
import { modernVersion, versionOf } from "./era.js";

/** Which parameter of a request its Mcp-Name repeats. */
const named: Readonly<Record<string, string>> = {
  "tools/call": "name",
  "prompts/get": "name",
  "resources/read": "uri",
};

/** What protocol 2026-07-28 has repeated in headers, so that proxies need not read bodies. */
export function standardHeaders(
  message: Message & { readonly method: string; readonly params?: Params },
): HeaderFields {
  const { method, params } = message;
  const name = params?.[named[method] ?? ""];
  return {
    "mcp-protocol-version": versionOf(message) ?? modernVersion,
    "mcp-method": encoded(method),
    ...(typeof name === "string" && { "mcp-name": encoded(name) }),
  };
}

/** A parameter that a tool's schema wants repeated as `Mcp-Param-…`. */
interface Repeated {
  readonly path: readonly string[];
  readonly header: string;
}

/** Where a schema may hold others. An annotation below one of these could not be found in the arguments. */
const elsewhere = [
  ..."items prefixItems contains additionalProperties unevaluatedProperties unevaluatedItems propertyNames".split(" "),
  ..."patternProperties dependentSchemas oneOf anyOf allOf not if then else $defs definitions".split(" "),
];

/** The parameters of each tool that go into headers, as far as lists of tools have passed. */
export class ToolHeaders {
  readonly #tools = new Map<string, readonly Repeated[]>();

  knows(tool: string): boolean {
    return this.#tools.has(tool);
  }

  headersFor(params: Params | undefined): HeaderFields {
    const headers: HeaderFields = {};
    for (const { path, header } of this.#tools.get(String(params?.["name"])) ?? []) {
      const value = path.reduce<unknown>(
        (part, key) => (isObject(part) ? part[key] : undefined),
        params?.["arguments"],
      );
      const text = textOf(value);
      if (text !== undefined) headers[`mcp-param-${header.toLowerCase()}`] = encoded(text);
    }
    return headers;
  }

  /** Reads the schemas in a result of `tools/list`. Gives it without the tools that a client must not use, or as it is. */
  learn(result: Params, rejected: (tool: string, reason: string) => void): Params {
    const tools = result["tools"];
    if (!Array.isArray(tools)) return result;
    const kept = tools.filter((tool: unknown) => {
      if (!isObject(tool) || typeof tool["name"] !== "string") return true;
      const found = repeatedIn(tool["inputSchema"]);
      if (typeof found === "string") {
        rejected(tool["name"], found);
        return false;
      }
      this.#tools.set(tool["name"], found);
      return true;
    });
    return kept.length === tools.length ? result : { ...result, tools: kept };
  }
}

/** The annotated parameters, or what is wrong with one: the whole tool is to be left out then. */
function repeatedIn(schema: unknown): readonly Repeated[] | string {
  const found: Repeated[] = [];
  const visit = (node: unknown, path: readonly string[], isReachable: boolean): string | undefined => {
    if (Array.isArray(node)) return first(node, (part) => visit(part, path, isReachable));
    if (!isObject(node)) return undefined;
    if ("x-mcp-header" in node) {
      const header = node["x-mcp-header"];
      const problem = problemWith(header, node["type"], isReachable && path.length > 0);
      if (problem !== undefined) return problem;
      if (found.some((one) => one.header.toLowerCase() === String(header).toLowerCase()))
        return "two parameters have the same x-mcp-header";
      found.push({ path, header: String(header) });
    }
    const properties = isObject(node["properties"]) ? Object.entries(node["properties"]) : [];
    return (
      first(properties, ([name, child]) => visit(child, [...path, name], isReachable)) ??
      first(elsewhere, (keyword) => visitBelow(node[keyword], keyword))
    );
  };
  // Schemas by name, as in `$defs`, are visited like a schema with these properties: what is found there is refused either way.
  const visitBelow = (node: unknown, keyword: string): string | undefined => {
    if (node === undefined) return undefined;
    const byName = /^(?:patternProperties|dependentSchemas|\$defs|definitions)$/.test(keyword);
    return visit(byName && isObject(node) ? Object.values(node) : node, [keyword], false);
  };
  return visit(schema, [], true) ?? found;
}

function problemWith(header: unknown, type: unknown, isReachable: boolean): string | undefined {
  if (!isReachable) return "an x-mcp-header is in a place where no argument can be found for it";
  if (typeof header !== "string" || !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(header))
    return "an x-mcp-header is not a valid name of a header";
  if (type !== "string" && type !== "integer" && type !== "boolean")
    return "an x-mcp-header is on a parameter that is not a string, an integer or a boolean";
  return undefined;
}

function first<T>(items: readonly T[], find: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return String(value);
  if (typeof value !== "number" || !Number.isFinite(value)) return undefined;
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : String(value);
}

/** As it is where a header can hold it, else in base64 with marks round it; so is what could be taken for that. */
function encoded(text: string): string {
  const isPlain =
    text !== "" && text === text.trim() && /^[\t\x20-\x7E]+$/.test(text) && !/^=\?base64\?.*\?=$/.test(text);
  return isPlain ? text : `=?base64?${Buffer.from(text).toString("base64")}?=`;
}
