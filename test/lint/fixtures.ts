import { posix } from "node:path";

/** One offence against each rule of the house, with a twin that does the same thing in the right way or the right place. */
export interface Fixture {
  /** As oxlint names it. */
  readonly rule: string;
  readonly offence: string;
  readonly bad: Sources;
  readonly good: Sources;
}

/** The first file is the one that the rule looks at; the others are what it needs to be there. */
export type Sources = Readonly<Record<string, string>>;

const lines = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => line(index)).join("\n");
const value = "export const value = 1;\n";

/** Where the import of another file leads. */
const imported = (file: string, specifier: string) => posix.join(file, "..", specifier).replace(/js$/, "ts");

/** A file that passes on what another one holds, by one kind of import each, and that other one. */
const passing = (file: string, from: string): Sources => ({
  [file]: `export { value } from "${from}";\n`,
  [imported(file, from)]: value,
});
const passingType = (file: string, from: string): Sources => ({
  [file]: `export type { Value } from "${from}";\n`,
  [imported(file, from)]: "export type Value = 1;\n",
});
const loading = (file: string, from: string): Sources => ({
  [file]: `export const load = () => import("${from}");\n`,
  [imported(file, from)]: value,
});

const direction: readonly Omit<Fixture, "rule">[] = [
  {
    offence: "a lower room imports a higher one",
    bad: passing("src/policy/up.ts", "../dial/v1.js"),
    good: passing("src/dial/down.ts", "../policy/index.js"),
  },
  {
    offence: "siblings import each other",
    bad: passing("src/route/sibling.ts", "../trust/v2.js"),
    good: passing("src/route/own.ts", "./v2.js"),
  },
  {
    offence: "a type crosses upwards",
    bad: passingType("src/base/type.ts", "../env/v3.js"),
    good: passingType("src/env/type.ts", "../base/v3.js"),
  },
  {
    offence: "a dynamic import goes upwards",
    bad: loading("src/clients/dynamic.ts", "../cli/v4.js"),
    good: loading("src/cli/dynamic.ts", "../clients/index.js"),
  },
  {
    offence: "the lab imports something of ours",
    bad: passing("src/lab/ours.ts", "../base/v5.js"),
    good: { "src/lab/node.ts": `export { createServer } from "node:net";\n` },
  },
  {
    offence: "the lab imports a package",
    bad: { "src/lab/package.ts": `export { Agent } from "undici";\n` },
    good: { "src/lab/certificate.ts": `export { X509Certificate } from "node:crypto";\n` },
  },
  {
    offence: "a room imports the lab",
    bad: loading("src/doctor/lab.ts", "../lab/v6.js"),
    good: passing("src/doctor/lab.test.ts", "../lab/v6.js"),
  },
  {
    offence: "the cli loads the lab whether it is wanted or not",
    bad: passing("src/cli/lab-static.ts", "../lab/v7.js"),
    good: loading("src/cli/lab-dynamic.ts", "../lab/v7.js"),
  },
  {
    offence: "the library's entry exports the cli",
    bad: passing("src/entry.ts", "./cli/v8.js"),
    good: passing("src/good-entry.ts", "./gateway/index.js"),
  },
  {
    offence: "a room is entered past its face",
    bad: passing("src/doctor/past.ts", "../dial/v10.js"),
    good: {
      "src/doctor/faces.ts": `export { value } from "../dial/index.js";\nexport type { Value } from "../trust/types.js";\n`,
      "src/dial/index.ts": value,
      "src/trust/types.ts": `export type Value = string;\n`,
    },
  },
  {
    offence: "a dynamic import goes past a face",
    bad: loading("src/run/lazy.ts", "../tools/v11.js"),
    good: loading("src/run/lazy-face.ts", "../tools/index.js"),
  },
  {
    offence: "a room without a floor",
    bad: passing("src/attic/room.ts", "../base/v9.js"),
    good: passing("src/mcp/room.ts", "../base/v9.js"),
  },
];

/** Each line is put into a room that may not do it, and into one that may. */
const powers: readonly (readonly [offence: string, source: string, bad: string, good: string])[] = [
  ["process.env", "export const home = process.env.HOME;", "policy", "env"],
  ["process.env by destructuring", "export const { env } = process;", "cli", "env"],
  ["env from node:process", `export { env } from "node:process";`, "run", "env"],
  ["globalThis.process.env", `export const home = globalThis.process["env"];`, "dial", "env"],
  ["console", `console.warn("late");`, "gateway", "cli"],
  ["process.exit", "export const end = (): never => process.exit(1);", "run", "cli"],
  ["process.stdout", `export const print = (): boolean => process.stdout.write("x");`, "doctor", "cli"],
  ["Date.now", "export const now = (): number => Date.now();", "dial", "env"],
  ["new Date()", "export const now = (): Date => new Date();", "identity", "env"],
  ["performance.now", "export const now = (): number => performance.now();", "clients", "lab"],
  ["node:fs", `export { readFileSync } from "node:fs";`, "trust", "env"],
  [
    "fs/promises without the prefix of node",
    `export const load = () => import("node:fs/promises");`,
    "identity",
    "cli",
  ],
  ["node:dns", `export { lookup } from "node:dns";`, "lab", "env"],
  ["node:child_process", `export { spawn } from "node:child_process";`, "gateway", "lab"],
  ["a built-in module by require", `export const fs: unknown = process.getBuiltinModule("fs");`, "trust", "env"],
];

const machine: readonly Fixture[] = [
  ...powers.map(([offence, source, bad, good], index) => ({
    rule: "rooms(machine)",
    offence: `${offence} in ${bad}`,
    bad: { [`src/${bad}/power-${index}.ts`]: `${source}\n` },
    good: { [`src/${good}/power-${index}.ts`]: `${source}\n` },
  })),
  {
    rule: "rooms(machine)",
    offence: "a clock, where a given date or a type would do",
    bad: { "src/route/date.ts": "export const today: Date = new Date();\n" },
    good: {
      "src/route/date-good.ts": `import type { Stats } from "node:fs";\nexport const read = (stats: Stats): Date => new Date(stats.mtimeMs);\n`,
    },
  },
];

const words: readonly Fixture[] = [
  {
    rule: "rooms(words)",
    offence: "an error for people that is made where it is thrown",
    bad: {
      "src/trust/thrown.ts": `import { ConnectError } from "./error.js";\nexport const fail = (message: string): ConnectError => new ConnectError(message);\n`,
      "src/trust/error.ts": `export class ConnectError extends Error {}\n`,
    },
    good: {
      "src/trust/faults-thrown.ts": `import { ConnectError } from "./error.js";\nexport const fail = (): ConnectError => new ConnectError("the file is empty");\n`,
    },
  },
  {
    rule: "rooms(words)",
    offence: "a remedy beside the code that finds the fault",
    bad: {
      "src/identity/remedy.ts":
        "export const wrong = (path: string): object => ({ remedy: `name another file than ${path}` });\n",
    },
    good: {
      "src/identity/passed-on.ts":
        "export const wrong = (remedy: string): object => ({ remedy, problem: `${remedy} ${remedy}` });\n",
    },
  },
  {
    rule: "rooms(words)",
    offence: "a sentence that is handed to the faults of the room",
    bad: {
      "src/policy/handed.ts": `import { invalid } from "./faults-words.js";\nexport const fail = (): string => invalid("this is not the name of a host");\n`,
      "src/policy/faults-words.ts": "export const invalid = (problem: string): string => problem;\n",
    },
    good: {
      "src/policy/asked.ts": `import { invalid } from "./faults-words.js";\nexport const fail = (): string => invalid("name");\n`,
    },
  },
];

const language: readonly Fixture[] = [
  {
    rule: "import(no-cycle)",
    offence: "two files import each other",
    bad: {
      "src/trust/cycle-a.ts": `import { b } from "./cycle-b.js";\nexport const a = (): number => b();\n`,
      "src/trust/cycle-b.ts": `import { a } from "./cycle-a.js";\nexport const b = (): number => a();\n`,
    },
    good: {
      "src/trust/line.ts": `import { v } from "./line-end.js";\nexport const a = v;\n`,
      "src/trust/line-end.ts": "export const v = 1;\n",
    },
  },
  {
    rule: "rooms(explain-non-null)",
    offence: "a non-null assertion without a reason",
    bad: {
      "src/base/assert.ts": "export const first = (list: readonly string[]): string => {\n  return list[0]!;\n};\n",
    },
    good: {
      "src/base/assert-good.ts":
        "export const first = (list: readonly string[]): string => {\n  // The caller has checked that it is not empty.\n  return list[0]!;\n};\n",
    },
  },
  {
    rule: "typescript(no-floating-promises)",
    offence: "a promise that nobody awaits",
    bad: { "src/dial/floating.ts": "export function start(work: () => Promise<void>): void {\n  work();\n}\n" },
    good: {
      "src/dial/awaited.ts":
        "export async function start(work: () => Promise<void>): Promise<void> {\n  await work();\n}\n",
    },
  },
  {
    rule: "typescript(no-explicit-any)",
    offence: "any",
    bad: { "src/base/any.ts": "export const give = (value: any): string => String(value);\n" },
    good: { "src/base/unknown.ts": "export const give = (value: unknown): string => String(value);\n" },
  },
  {
    rule: "typescript(only-throw-error)",
    offence: "a thrown string",
    bad: { "src/base/throw.ts": `export const stop = (): never => {\n  throw "stop";\n};\n` },
    good: { "src/base/throw-good.ts": `export const stop = (): never => {\n  throw new Error("stop");\n};\n` },
  },
  {
    rule: "import(no-default-export)",
    offence: "a default export",
    bad: { "src/mcp/default.ts": "export default 1;\n" },
    good: { "src/mcp/named.ts": value },
  },
  {
    rule: "unicorn(prefer-node-protocol)",
    offence: "a built-in module without node:",
    bad: { "src/dial/net.ts": `export { connect } from "net";\n` },
    good: { "src/dial/net-good.ts": `export { connect } from "node:net";\n` },
  },
  {
    rule: "eslint(max-lines)",
    offence: "a long file",
    bad: { "src/base/long.ts": lines(301, (index) => `export const v${index} = ${index};`) },
    good: { "src/base/short.ts": lines(300, (index) => `export const v${index} = ${index};`) },
  },
  {
    rule: "eslint(max-lines-per-function)",
    offence: "a long function",
    bad: {
      "src/base/long-function.ts": `export function f(list: string[]): void {\n${lines(60, (index) => `  list.push("${index}");`)}\n}\n`,
    },
    good: {
      "src/base/short-function.ts": `export function f(list: string[]): void {\n${lines(50, (index) => `  list.push("${index}");`)}\n}\n`,
    },
  },
];

export const fixtures: readonly Fixture[] = [
  ...direction.map((fixture) => ({ rule: "rooms(direction)", ...fixture })),
  ...machine,
  ...words,
  ...language,
];
