import { shells, tools } from "../../export/index.js";
import { trustReaders } from "../model/options.js";
import type { OptionModel, ProgramModel } from "../model/command-model.js";

/** The shells that there is a script for. */
export const completionShells = ["bash", "zsh", "fish"] as const;

export type CompletionShell = (typeof completionShells)[number];

/** What a shell offers where a value is asked for. */
export type Offer = { readonly words: readonly string[] } | "files" | "nothing";

/** Not `choices` of the parser: it takes aliases as well, and says more about a name that it does not know. */
const named: Readonly<Record<string, readonly string[]>> = {
  "--shell": Object.keys(shells),
  "--for": Object.keys(tools),
};

/** Undefined for an option that takes no value. */
export function offerFor(option: OptionModel): Offer | undefined {
  if (option.value === undefined) return undefined;
  const words = option.value === "reader" ? trustReaders : (named[option.long] ?? option.choices);
  if (words.length > 0) return { words };
  return option.value === "file" ? "files" : "nothing";
}

/** What may stand where the command's first argument does. */
export function offerForArgument(command: string, program: ProgramModel): Offer {
  if (command === "completion") return { words: completionShells };
  // What is no word of these is the server's URL.
  if (command === "mcp") return { words: ["install", "list", "check", "logout"] };
  if (command === "cert") return { words: ["inspect", "check", "convert"] };
  if (command === "trust") return { words: ["add", "list", "remove", "export"] };
  return command === "help" ? { words: program.commands.map(({ name }) => name) } : "nothing";
}

/** Commands whose first argument says what is to be done with the file that follows. */
export const takesFile: readonly string[] = ["cert", "trust"];
