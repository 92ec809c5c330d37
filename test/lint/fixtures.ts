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

const direction: readonly Omit<Fixture, "rule">[] = [
  {
    offence: "a lower room imports a higher one",
    bad: { "src/policy/up.ts": `export { value } from "../dial/v1.js";\n`, "src/dial/v1.ts": value },
    good: { "src/dial/down.ts": `export { value } from "../policy/index.js";\n`, "src/policy/index.ts": value },
  },
  {
    offence: "siblings import each other",
    bad: { "src/route/sibling.ts": `export { value } from "../trust/v2.js";\n`, "src/trust/v2.ts": value },
    good: { "src/route/own.ts": `export { value } from "./v2.js";\n`, "src/route/v2.ts": value },
  },
  {
    offence: "a type crosses upwards",
    bad: {
      "src/base/type.ts": `export type { Value } from "../env/v3.js";\n`,
      "src/env/v3.ts": "export type Value = 1;\n",
    },
    good: {
      "src/env/type.ts": `export type { Value } from "../base/v3.js";\n`,
      "src/base/v3.ts": "export type Value = 1;\n",
    },
  },
  {
    offence: "a dynamic import goes upwards",
    bad: { "src/clients/dynamic.ts": `export const load = () => import("../cli/v4.js");\n`, "src/cli/v4.ts": value },
    good: {
      "src/cli/dynamic.ts": `export const load = () => import("../clients/index.js");\n`,
      "src/clients/index.ts": value,
    },
  },
  {
    offence: "the lab imports something of ours",
    bad: { "src/lab/ours.ts": `export { value } from "../base/v5.js";\n`, "src/base/v5.ts": value },
    good: { "src/lab/node.ts": `export { createServer } from "node:net";\n` },
  },
  {
    offence: "the lab imports a package",
    bad: { "src/lab/package.ts": `export { Agent } from "undici";\n` },
    good: { "src/lab/certificate.ts": `export { X509Certificate } from "node:crypto";\n` },
  },
  {
    offence: "a room imports the lab",
    bad: { "src/doctor/lab.ts": `export const load = () => import("../lab/v6.js");\n`, "src/lab/v6.ts": value },
    good: { "src/doctor/lab.test.ts": `export { value } from "../lab/v6.js";\n`, "src/lab/v6.ts": value },
  },
  {
    offence: "the cli loads the lab whether it is wanted or not",
    bad: { "src/cli/lab-static.ts": `export { value } from "../lab/v7.js";\n`, "src/lab/v7.ts": value },
    good: { "src/cli/lab-dynamic.ts": `export const load = () => import("../lab/v7.js");\n`, "src/lab/v7.ts": value },
  },
  {
    offence: "the library's entry exports the cli",
    bad: { "src/entry.ts": `export { value } from "./cli/v8.js";\n`, "src/cli/v8.ts": value },
    good: { "src/good-entry.ts": `export { value } from "./gateway/index.js";\n`, "src/gateway/index.ts": value },
  },
  {
    offence: "a room is entered past its face",
    bad: { "src/doctor/past.ts": `export { value } from "../dial/v10.js";\n`, "src/dial/v10.ts": value },
    good: {
      "src/doctor/faces.ts": `export { value } from "../dial/index.js";\nexport type { Value } from "../trust/types.js";\n`,
      "src/dial/index.ts": value,
      "src/trust/types.ts": `export type Value = string;\n`,
    },
  },
  {
    offence: "a dynamic import goes past a face",
    bad: { "src/run/lazy.ts": `export const load = () => import("../tools/v11.js");\n`, "src/tools/v11.ts": value },
    good: {
      "src/run/lazy-face.ts": `export const load = () => import("../tools/index.js");\n`,
      "src/tools/index.ts": value,
    },
  },
  {
    offence: "a room without a floor",
    bad: { "src/attic/room.ts": `export { value } from "../base/v9.js";\n`, "src/base/v9.ts": value },
    good: { "src/mcp/room.ts": `export { value } from "../base/v9.js";\n`, "src/base/v9.ts": value },
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
