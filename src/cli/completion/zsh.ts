import type { CommandModel, OptionModel, ProgramModel } from "../model/command-model.js";
import { offerFor, offerForArgument, takesFile, type Offer } from "./values.js";

export function zshCompletion(program: ProgramModel): string {
  const commands = [...program.commands, { name: "help", description: "show help" }]
    .map(({ name, description }) => `        ${quote(`${name}:${description}`)}`)
    .join("\n");
  return `#compdef sallyport
# zsh completion for sallyport, written by: sallyport completion zsh

_sallyport() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  _arguments -C -S \\
${program.options.map(specification).join("\n")}
    '1: :->command' \\
    '*:: :->argument'

  case $state in
    command)
      local -a commands
      commands=(
${commands}
      )
      _describe -t commands 'sallyport command' commands
      ;;
    argument)
      case $words[1] in
${[...program.commands.map((command) => commandCase(command, program)), helpCase(program)].join("\n")}
      esac
      ;;
  esac
}

# Run by zsh itself from its fpath, or sourced from a file.
if [[ $funcstack[1] == _sallyport ]]; then
  _sallyport "$@"
else
  compdef _sallyport sallyport
fi
`;
}

function commandCase(command: CommandModel, program: ProgramModel): string {
  return `        ${command.name})
          _arguments -S \\
${command.options.map((option) => `      ${specification(option)}`).join("\n")}
            ${argument(command, program)}
          ;;`;
}

function helpCase(program: ProgramModel): string {
  return `        help) _arguments ${quote(`1:command:${action(offerForArgument("help", program))}`)} ;;`;
}

function argument(command: CommandModel, program: ProgramModel): string {
  // As zsh's own completions of nohup and env have it: a command's name, and then whatever that command takes.
  if (command.wraps) return "'(-)1: :_command_names -e' '*:: :_normal'";
  const name = command.arguments[0];
  if (name === undefined) return "";
  const offer = offerForArgument(command.name, program);
  const behind = takesFile.includes(command.name) ? " '*:file:_files'" : "";
  if (typeof offer === "object") return `${quote(`1:${name}:${action(offer)}`)}${behind}`;
  return quote(`${command.usage.includes("...") ? "*" : "1"}:${name}:${action(offer)}`);
}

function specification(option: OptionModel): string {
  const { short, long, description, repeatable } = option;
  const offer = offerFor(option);
  const text = `[${description.replace(/[[\]\\:]/g, "\\$&")}]`;
  const value = offer === undefined ? "" : `${option.valueIsOptional ? "::" : ":"}${option.value}:${action(offer)}`;
  const joined = (name: string): string => `${name}${offer === undefined ? "" : name.startsWith("--") ? "=" : "+"}`;
  const often = repeatable ? "*" : "";
  if (short === undefined) return `    ${quote(`${often}${joined(long)}${text}${value}`)} \\`;
  const excluded = repeatable ? "'*'" : quote(`(${short} ${long})`);
  return `    ${excluded}{${joined(short)},${joined(long)}}${quote(`${text}${value}`)} \\`;
}

function action(offer: Offer): string {
  if (offer === "files") return "_files";
  return offer === "nothing" ? " " : `(${offer.words.join(" ")})`;
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
