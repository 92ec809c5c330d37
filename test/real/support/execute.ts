import { spawn } from "node:child_process";

export interface Ran {
  /** Null: a signal ended it, ours after 25 seconds among them. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, with this environment and no other. */
export function execute(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  { cwd }: { readonly cwd?: string | undefined } = {},
): Promise<Ran> {
  const [program = "", ...args] = argv;
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"], cwd, timeout: 25_000 });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (chunk: string) => (output[name] += chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve({ ...output, status }));
  });
}
