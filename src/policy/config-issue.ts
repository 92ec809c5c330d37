import type { ZodType } from "zod";
import type { ConnectError } from "../base/errors.js";
import { looksSecret } from "../base/looks-secret.js";
import { nearest } from "../base/nearest.js";
import {
  unknownValue,
  outOfRange,
  emptySetting,
  missingSetting,
  wrongType,
  notTogether,
  unknownSetting,
  misspeltSetting,
} from "./faults-config.js";

export interface IssueContext {
  readonly path: string;
  /** What the file holds. */
  readonly value: unknown;
  readonly schema: ZodType;
  readonly scope: "user" | "managed";
}

/** What of zod's issues is needed, whose own messages speak to programmers. */
interface Issue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly keys?: readonly string[];
  readonly values?: readonly unknown[];
  readonly expected?: string;
  readonly errors?: readonly (readonly Issue[])[];
}

/** A fault that names file and place, and offers what was likely meant. Shows no value of the file: it may be a password. */
export function describeIssue(issue: Issue, context: IssueContext): ConnectError {
  const specific = mostSpecific(issue);
  if (specific.code === "unrecognized_keys") return unknownName(specific.keys ?? [], specific.path, context);
  const place = pointerTo(specific.path);
  const where = place === "" ? "the file" : place;
  const at = `${context.path}: ${where}`;
  if (specific.code === "invalid_value") {
    return unknownValue(at, specific.values ?? []);
  }
  if (specific.code === "too_small" || specific.code === "too_big") {
    const number = typeof valueAt(context.value, specific.path) === "number";
    return number ? outOfRange(at) : emptySetting(at);
  }
  const expected = expectations(specific);
  if (valueAt(context.value, specific.path) === undefined) return missingSetting(at, expected);
  return wrongType(at, expected, where);
}

function unknownName(keys: readonly string[], path: readonly PropertyKey[], context: IssueContext): ConnectError {
  const known = [...knownKeys(context.schema, path)].filter((name) => name !== "$schema");
  const key = keys.find((name) => !known.includes(name));
  if (key === undefined) {
    // What goes along with a command is no alternative to it.
    const alternatives = known.filter((name) => name !== "ttl");
    return notTogether(`${context.path}: ${pointerTo(path)}`, alternatives);
  }
  const meant = nearest(key, known);
  // A name that is none may be a value in the wrong place.
  const shown =
    /^[\w$.-]{1,40}$/.test(key) && !looksSecret(key)
      ? pointerTo([...path, key])
      : `a name in ${pointerTo(path) || "the file"}`;
  const at = `${context.path}: ${shown}`;
  if (meant !== undefined) return misspeltSetting(at, meant);
  return unknownSetting(at, known, context.scope === "managed" && path.length === 0);
}

/** Of a union's complaints those of the alternative that came furthest: `{"url": …}` was meant as an object, not as a string. */
function mostSpecific(issue: Issue): Issue {
  if (issue.code !== "invalid_union") return issue;
  let best: { issue: Issue; depth: number } | undefined;
  for (const nested of (issue.errors ?? []).flat()) {
    const specific = mostSpecific(nested);
    const depth = specific.path.length + (specific.code === "unrecognized_keys" ? 1 : 0);
    const wrongKind = specific.code === "invalid_type" && specific.path.length === 0;
    const goesBefore = specific.code === "unrecognized_keys" && depth === best?.depth;
    if (!wrongKind && (goesBefore || depth > (best?.depth ?? -1))) best = { issue: specific, depth };
  }
  return best === undefined ? issue : { ...best.issue, path: [...issue.path, ...best.issue.path] };
}

const articles: Readonly<Record<string, string>> = {
  string: "a string",
  object: "an object",
  array: "a list",
  boolean: "true or false",
  number: "a number",
  int: "a whole number",
};

function expectations(issue: Issue): string {
  const leaves = (nested: Issue): string[] =>
    nested.errors === undefined ? [nested.expected ?? "another value"] : nested.errors.flat().flatMap(leaves);
  return [...new Set(leaves(issue))].map((name) => articles[name] ?? name).join(" or ");
}

/** The names that the schema knows for the object at `path`, of all alternatives. */
function knownKeys(schema: unknown, path: readonly PropertyKey[]): Set<string> {
  const keys = new Set<string>();
  const visit = (node: unknown, rest: readonly PropertyKey[]): void => {
    const def = definition(node);
    if (def === undefined) return;
    if (def.innerType !== undefined) return visit(def.innerType, rest);
    for (const option of def.options ?? []) visit(option, rest);
    const [step, ...further] = rest;
    if (step === undefined) for (const key of Object.keys(def.shape ?? {})) keys.add(key);
    else visit(typeof step === "number" ? def.element : def.shape?.[String(step)], further);
  };
  visit(schema, path);
  return keys;
}

interface Definition {
  readonly innerType?: unknown;
  readonly options?: readonly unknown[];
  readonly element?: unknown;
  readonly shape?: Readonly<Record<string, unknown>>;
}

function definition(schema: unknown): Definition | undefined {
  return typeof schema === "object" && schema !== null && "def" in schema ? (schema.def as Definition) : undefined;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, step) => (typeof at === "object" && at !== null ? (at as Record<PropertyKey, unknown>)[step] : undefined),
    value,
  );
}

/** RFC 6901. */
function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
