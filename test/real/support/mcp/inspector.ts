import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { builtCli } from "../built.js";
import { installed, nodeForPrograms } from "./suite.js";

export const inspectorVersion = "2.12.0";

const name = "@modelcontextprotocol/inspector";

export interface Inspector {
  readonly node: string;
  readonly program: string;
}

/** The inspector, installed from npm where it is not there yet; a sentence where it cannot be had. */
export function findInspector(): Inspector | { readonly missing: string } {
  const node = nodeForPrograms();
  if ("missing" in node) return node;
  const program = installed(name, inspectorVersion, `${name}/clients/launcher/build/index.js`);
  return "missing" in program ? program : { node: node.path, program: program.path };
}

type Variables = Readonly<Record<string, string>>;

/** `inspector --cli`, which starts the bridge as its server. It gives that no variables but those that are named. */
export function inspectByBridge(
  inspector: Inspector,
  url: string,
  variables: Variables,
  flags: readonly string[],
): Promise<unknown> {
  const named = Object.entries(variables).flatMap(([key, value]) => ["-e", `${key}=${value}`]);
  const server = ["--", process.execPath, builtCli, "mcp", url];
  return resultOf([inspector.node, inspector.program, "--cli", ...flags, "--format", "json", ...named, ...server], {});
}

/** `sallyport run -- inspector --cli URL` */
export function inspectUnderRun(
  inspector: Inspector,
  url: string,
  variables: Variables,
  flags: readonly string[],
): Promise<unknown> {
  const program = [inspector.node, inspector.program, "--cli", url, ...flags, "--format", "json"];
  return resultOf([process.execPath, builtCli, "run", "--", ...program], variables);
}

/** With a home of its own: it keeps a catalogue of servers there. */
async function resultOf(command: readonly string[], variables: Variables): Promise<unknown> {
  const home = mkdtempSync(join(tmpdir(), "sallyport-inspector-"));
  const [program = "", ...args] = command;
  try {
    const env = { PATH: process.env["PATH"] ?? "", ...variables, HOME: home };
    const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    const [said, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);
    if (said.trim() === "") throw new Error(`the inspector said nothing: ${complaints}`);
    return (JSON.parse(said) as { readonly result?: unknown }).result;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
