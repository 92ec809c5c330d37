import type { OptionModel, ProgramModel } from "../model/command-model.js";
import { offerFor, offerForArgument, takesFile } from "./values.js";

export function fishCompletion(program: ProgramModel): string {
  const named = [...program.commands.map(({ name }) => name), "help"];
  const lines = [
    "# fish completion for sallyport, written by: sallyport completion fish",
    "",
    "complete -c sallyport -f",
    ...program.options.map((option) => line("__fish_use_subcommand", option)),
  ];
  for (const { name, description, options, wraps } of program.commands) {
    const here = `__fish_seen_subcommand_from ${name}; and not __sallyport_wraps`;
    lines.push("", `complete -c sallyport -n __fish_use_subcommand -a ${name} -d ${quote(description)}`);
    lines.push(...options.map((option) => line(here, option)));
    if (wraps) {
      lines.push(
        `complete -c sallyport -n ${quote(`__fish_seen_subcommand_from ${name}`)} -xa ${quote("(__sallyport_wrapped)")}`,
      );
    }
  }
  lines.push("", "complete -c sallyport -n __fish_use_subcommand -a help -d 'show help'");
  for (const name of named) {
    const offer = offerForArgument(name, program);
    if (typeof offer !== "object") continue;
    const here = `__fish_seen_subcommand_from ${name}; and test (count (commandline -opc)) -eq 2`;
    lines.push(`complete -c sallyport -n ${quote(here)} -xa ${quote(offer.words.join(" "))}`);
  }
  for (const name of takesFile) {
    const behind = `__fish_seen_subcommand_from ${name}; and test (count (commandline -opc)) -gt 2`;
    lines.push(`complete -c sallyport -n ${quote(behind)} -F`);
  }
  return `${lines.join("\n")}\n${wrapped(program)}`;
}

/** fish completes a part of the line as a line of its own. */
function wrapped({ commands }: ProgramModel): string {
  const wrapping = commands.filter(({ wraps }) => wraps);
  const takesValue = wrapping.flatMap(({ options }) =>
    options.filter((option) => offerFor(option) !== undefined && !option.valueIsOptional),
  );
  const names = [...new Set(takesValue.flatMap(({ short, long }) => (short === undefined ? [long] : [long, short])))];
  return `
# The command line that run or lab wraps, without the word under the cursor; fails where none has begun.
function __sallyport_wraps
    set -l words (commandline -opc)
    contains -- "$words[2]" ${wrapping.map(({ name }) => name).join(" ")}; or return 1
    set -l index 3
    while test $index -le (count $words)
        switch $words[$index]
            case --
                string join \\n -- $words[(math $index + 1)..]
                return 0
            case ${names.join(" ")}
                set index (math $index + 2)
            case '-*'
                set index (math $index + 1)
            case '*'
                string join \\n -- $words[$index..]
                return 0
        end
    end
    return 1
end

function __sallyport_wrapped
    set -l words (__sallyport_wraps)
    complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))
end
`;
}

function line(condition: string, option: OptionModel): string {
  const offer = offerFor(option);
  const short = option.short === undefined ? "" : ` -s ${option.short.slice(1)}`;
  const value =
    offer === undefined || option.valueIsOptional
      ? ""
      : offer === "files"
        ? " -rF"
        : offer === "nothing"
          ? " -x"
          : ` -xa ${quote(offer.words.join(" "))}`;
  return `complete -c sallyport -n ${quote(condition)}${short} -l ${option.long.slice(2)}${value} -d ${quote(option.description)}`;
}

/** Single quotes of fish: a backslash escapes itself and the quote. */
const quote = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`;
