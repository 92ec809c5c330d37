import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { LabEcho } from "../../../../src/lab/index.js";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export const preload = here("../../../../dist/preload/register.cjs");
/** What `--import sallyport/register` comes to. */
export const preloadModule = here("../../../../dist/preload/import.js");
const hosts = here("../../../support/hosts.cjs");
export const fixture = (name: string): string => here(`../fixtures/${name}`);

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly variables?: Readonly<Record<string, string>>;
  /** Options of Node, before the script. Default: `--require` of the preload. */
  readonly flags?: readonly string[];
  readonly execPath?: string;
  /** Names that the machine's own resolver knows, at 127.0.0.1: what is at `localhost` is left alone by the preload. */
  readonly known?: readonly string[];
}

/** Runs a script that knows nothing of sallyport. Its environment is what it is given, and nothing else. */
export function program(script: string, args: readonly string[], options: ProgramOptions = {}): Promise<Ended> {
  const { variables = {}, flags = ["--require", preload], execPath = process.execPath, known } = options;
  const env = { PATH: process.env["PATH"] ?? "", HOME: "/nonexistent", SALLYPORT_CERT_STORE: "bundled", ...variables };
  const resolver = known === undefined ? [] : ["--require", hosts];
  if (known !== undefined) Object.assign(env, { HOSTS_KNOWN: known.join(" ") });
  const child = spawn(execPath, [...flags, ...resolver, script, ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
    // Against what hangs; a single executable is built within it, too, on a machine that does other things besides.
    timeout: 45_000,
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve({ status, stdout, stderr }));
  });
}

export interface Told {
  readonly answer?: LabEcho;
  readonly error?: readonly { readonly name: string; readonly code?: string; readonly message: string }[];
}

/** What fixtures/clients.mjs says of each URL. */
export async function ask(
  client: string,
  urls: readonly string[],
  options: ProgramOptions = {},
): Promise<readonly Told[]> {
  const { status, stdout, stderr } = await program(fixture("clients.mjs"), [client, ...urls], options);
  if (status !== 0 || stderr !== "") throw new Error(`${client} ended with ${status}: ${stderr || stdout}`);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Told);
}
