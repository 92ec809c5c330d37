import { dirname } from "node:path";
import type { ChildVariable } from "../tools/types.js";
import { keptPrefix } from "./shell-state.js";
import type { Assignment, BundleFile, Part, ExportedSettings, Value } from "./types.js";

type Files = ExportedSettings["files"];

export interface AssignmentOptions {
  readonly files: Files;
  /** Write secrets out. */
  readonly secrets: boolean;
  /** What the user had in variables that are added to. */
  readonly existing: Readonly<Record<string, string>>;
}

/**
 * Variables as they are written for others: our own files marked as such within the values, and each secret under the name of the
 * first variable that has it, so that it is asked for once.
 */
export function assignmentsOf(variables: readonly ChildVariable[], options: AssignmentOptions): readonly Assignment[] {
  const { files, secrets, existing } = options;
  const firstWith = new Map<string, string>();
  return variables.map(({ name, value, secret, readBy }) => {
    if (!secret || secrets)
      return { name, value: plainValueOf(value, existing[name]?.trim() ?? "", name, files), readBy };
    const first = firstWith.get(value) ?? name;
    firstWith.set(value, first);
    return { name, value: { kind: "secret", name: first }, readBy };
  });
}

function plainValueOf(value: string, existing: string, name: string, files: Files): Value {
  const kept = `${keptPrefix}${name}`;
  const length = existing.length;
  if (existing !== "" && value.startsWith(existing))
    return { kind: "plain", parts: splitAtFiles(value.slice(length).trimStart(), files), behind: kept };
  if (existing !== "" && value.endsWith(existing))
    return { kind: "plain", parts: splitAtFiles(value.slice(0, -length).trimEnd(), files), before: kept };
  const { php } = files;
  if (name === "PHP_INI_SCAN_DIR" && php !== undefined && value.endsWith(dirname(php)))
    return { kind: "plain", parts: [value.slice(0, -dirname(php).length), { file: "php", isFolder: true }] };
  return { kind: "plain", parts: splitAtFiles(value, files) };
}

function splitAtFiles(value: string, files: Files): Part[] {
  let parts: Part[] = [value];
  for (const [file, path] of Object.entries(files) as [BundleFile, string][]) {
    parts = parts.flatMap((part) =>
      typeof part === "string"
        ? part.split(path).flatMap((text, index): Part[] => (index === 0 ? [text] : [{ file }, text]))
        : [part],
    );
  }
  return parts.filter((part) => part !== "");
}

/** The text of a plain value, with each of our files under the path that it has where the text is used. */
export function textOf(parts: readonly Part[], pathOf: (file: BundleFile) => string): string {
  const text = ({ file, isFolder }: Exclude<Part, string>): string =>
    isFolder === true ? dirname(pathOf(file)) : pathOf(file);
  return parts.map((part) => (typeof part === "string" ? part : text(part))).join("");
}

/** Paths as they are on this machine. */
export function pathsHere({ files }: Pick<ExportedSettings, "files">): (file: BundleFile) => string {
  return (file) => files[file] ?? "";
}

/** The plain value of one variable, as it is on this machine; undefined where there is none or it is secret. */
export function plainValue(exported: ExportedSettings, name: string): string | undefined {
  const value = exported.assignments.find((assignment) => assignment.name === name)?.value;
  return value?.kind === "plain" ? textOf(value.parts, pathsHere(exported)) : undefined;
}

/** The secrets that occur, each once. */
export function secretNames(assignments: readonly Assignment[]): string[] {
  const names = assignments.map(({ value }) => (value.kind === "secret" ? value.name : undefined));
  return [...new Set(names.filter((name) => name !== undefined))];
}

/** Parts the assignments that a format of one line each can hold from those that it cannot. */
export function singleLines(assignments: readonly Assignment[]): {
  readonly fit: Assignment[];
  readonly notes: string[];
} {
  const broken = ({ value }: { readonly value: Value }): boolean =>
    value.kind === "plain" && value.parts.some((part) => typeof part === "string" && /[\r\n\0]/.test(part));
  return {
    fit: assignments.filter((assignment) => !broken(assignment)),
    notes: assignments
      .filter(broken)
      .map(({ name }) => `${name} is left out: its value has more than one line, which this format cannot hold`),
  };
}

/** Names for a sentence: "a, b and c". */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
}
