import { nearest } from "../../base/nearest.js";
import { describeProgram, type ProgramModel } from "../model/command-model.js";
import type { Context } from "../context.js";
import { exitCode } from "../terminal/io.js";
import { noCompletion } from "../faults.js";
import type { GlobalFlags } from "../invocation.js";
import { bashCompletion } from "./bash.js";
import { fishCompletion } from "./fish.js";
import { completionShells, type CompletionShell } from "./values.js";
import { zshCompletion } from "./zsh.js";

const scripts: Readonly<Record<CompletionShell, (program: ProgramModel) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** Prints the script that completes sallyport's command line in a shell. */
export async function completionCommand(shell: string, flags: GlobalFlags, context: Context): Promise<number> {
  const name = completionShells.find((known) => known === shell.toLowerCase());
  if (name === undefined) {
    const meant = nearest(shell.toLowerCase(), completionShells);
    throw noCompletion(meant);
  }
  const script = scripts[name](describeProgram(context.version));
  if (flags.json === true) await context.terminal.json({ ok: true, shell: name, script });
  else await context.terminal.print(script);
  return exitCode.fine;
}
