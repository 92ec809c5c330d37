import type { Command } from "commander";

/** An option as it was given, to be passed on to another command line. */
export interface GivenOption {
  /** `--cert`. */
  readonly flag: string;
  readonly value: string | undefined;
  /** The value is a file's path. */
  readonly isFile: boolean;
}

/** What `install`, `list` and `check` take for themselves, and how this command is to print. */
const ours = new Set(["client", "project", "replace", "undo", "dryRun", "yes", "json", "color"]);

/** Of the options that were given those that the bridge itself reads, in the order in which its help lists them. */
export function givenToBridge(command: Command): GivenOption[] {
  return command.options.flatMap((option): GivenOption[] => {
    const name = option.attributeName();
    if (option.hidden || ours.has(name) || command.getOptionValueSource(name) !== "cli") return [];
    const held: unknown = command.getOptionValue(name);
    const flag = option.long ?? option.flags;
    if (typeof held === "boolean") return [{ flag, value: undefined, isFile: false }];
    const isFile = option.flags.includes("<file>");
    return (Array.isArray(held) ? held : [held]).map((value) => ({ flag, value: String(value), isFile }));
  });
}
