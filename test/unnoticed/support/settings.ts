import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { gatherContext } from "../../../src/clients/index.js";
import type { Lab } from "../../../src/lab/index.js";
import { childEnvironment } from "../../../src/run/index.js";
import type { LoginProxy } from "./login-proxy.js";
import { siteNames } from "./site.js";

const here = (path: string): string => join(import.meta.dirname, path);

/** `bare` is what the others are compared with: the program alone, in a network that is open. */
export const networks = ["no proxy", "login proxy", "NO_PROXY"] as const;
export type Setting = "bare" | (typeof networks)[number];

/** How programs are started in a setting. */
export interface Started extends AsyncDisposable {
  readonly variables: Readonly<Record<string, string>>;
  /** Options of Node for those that may read only what they are given the right to. */
  readonly rights: readonly string[];
}

const [major = 0] = process.versions.node.split(".").map(Number);

/** Node's option by which a program may only do what it has been given the right to. */
export const permission = major < 24 ? "--experimental-permission" : "--permission";

interface Parts {
  readonly lab: Lab;
  readonly proxy: LoginProxy;
}

export async function prepare(setting: Setting, { lab, proxy }: Parts): Promise<Started> {
  const before = { ...common(lab, setting), ...proxyVariables(setting, proxy) };
  if (setting === "bare") return { variables: before, rights: [], [Symbol.asyncDispose]: async () => undefined };
  // As `sallyport run` sets it for a child: the preload in NODE_OPTIONS, a file that says what was there before, and rights where they count.
  const context = await gatherContext({ source: { variables: before } });
  const environment = await childEnvironment({ context, variables: before, argv: [process.execPath, permission] });
  return {
    variables: environment.variables,
    rights: environment.argv.slice(1).filter((option) => option !== permission),
    [Symbol.asyncDispose]: () => environment[Symbol.asyncDispose](),
  };
}

/** What is within the network, each of them: nobody needs a proxy for that. */
const insideNames = ["database.inside.test"];

function common(lab: Lab, setting: Setting): Record<string, string> {
  const known = setting === "login proxy" ? [] : siteNames;
  return {
    PATH: process.env["PATH"] ?? "",
    // Some programs make what is not there.
    HOME: dirname(lab.files.bundle),
    SALLYPORT_CERT_STORE: "bundled",
    NODE_EXTRA_CA_CERTS: lab.files.bundle,
    HOSTS_KNOWN: [...insideNames, ...known].join(" "),
  };
}

function proxyVariables(setting: Setting, { url }: LoginProxy): Record<string, string> {
  if (setting === "login proxy") return { HTTPS_PROXY: url, HTTP_PROXY: url };
  return setting === "NO_PROXY" ? { HTTPS_PROXY: url, HTTP_PROXY: url, NO_PROXY: ".site.test" } : {};
}

/** What a process told, and how it ended. */
export interface Ended {
  readonly status: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From its start to its end, in milliseconds. */
  readonly took: number;
}

/** Milliseconds that a process may take which does not end by itself: a difference as well. */
const patience = 60_000;

/** @param programs the folder that they lie in, and their names */
export function start(
  programs: readonly string[],
  flags: readonly string[],
  { variables, rights }: Started,
  urls: Readonly<Record<string, string>>,
): Promise<Ended> {
  const added = flags.includes(permission) ? rights : [];
  const args = ["--require", here("../../support/hosts.cjs"), ...flags, ...added, here("run.mjs"), ...programs];
  const env = { ...variables, UNNOTICED_URLS: JSON.stringify(urls) };
  const began = performance.now();
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"], timeout: patience });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status, signal) =>
      resolve({ status: signal ?? status, stdout, stderr, took: performance.now() - began }),
    );
  });
}
