import type { Command, Option } from "commander";
import { build, loadCommander } from "../program.js";

/** An option as a shell completes it and a man page lists it. */
export interface OptionModel {
  /** As in `--help`: `-o, --output <file>`. */
  readonly flags: string;
  readonly short: string | undefined;
  readonly long: string;
  /** `file` of `<file>`; undefined for an option without a value. */
  readonly value: string | undefined;
  /** `[url]` in place of `<url>`. */
  readonly valueIsOptional: boolean;
  readonly choices: readonly string[];
  readonly repeatable: boolean;
  readonly description: string;
}

export interface CommandModel {
  readonly name: string;
  readonly description: string;
  /** What follows the name: `[options] <url>`. */
  readonly usage: string;
  readonly options: readonly OptionModel[];
  /** Names of the arguments, such as `url` or `command`. */
  readonly arguments: readonly string[];
  /** The rest of the line is another program's command line. */
  readonly wraps: boolean;
}

/** The command line, as data. */
export interface ProgramModel {
  readonly description: string;
  readonly version: string;
  readonly options: readonly OptionModel[];
  readonly commands: readonly CommandModel[];
}

/** Read from the very parser that reads the command line, so that completions and man page cannot differ from it. */
export function describeProgram(version: string): ProgramModel {
  const program = build(loadCommander(), version, () => undefined);
  const commands = program.commands.filter((command) => command.name() !== "help");
  return { description: program.description(), version, options: optionsOf(program), commands: commands.map(describe) };
}

function describe(command: Command): CommandModel {
  const names = command.registeredArguments.map((argument) => argument.name());
  return {
    name: command.name(),
    description: command.description(),
    usage: command.usage(),
    options: optionsOf(command),
    arguments: names,
    wraps: names.includes("command"),
  };
}

/** As `--help` lists them, `--help` itself included. */
function optionsOf(command: Command): OptionModel[] {
  return command.createHelp().visibleOptions(command).map(describeOption);
}

function describeOption(option: Option): OptionModel {
  const { flags, short, long, description, argChoices } = option;
  return {
    flags,
    short: short ?? undefined,
    long: long ?? short ?? flags,
    value: /[<[]([^>\]]+)[>\]]/.exec(flags)?.[1],
    valueIsOptional: option.optional,
    choices: argChoices ?? [],
    repeatable: option.parseArg !== undefined && argChoices === undefined,
    description,
  };
}
