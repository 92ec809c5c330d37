import type { OptionModel, ProgramModel } from "../model/command-model.js";
import { offerFor, offerForArgument, takesFile } from "./values.js";

/** For bash 3.2 (macOS) and later. With bash-completion loaded, what `run` and `lab` wrap is completed by that command's own rules. */
export function bashCompletion(program: ProgramModel): string {
  const wrapping = program.commands.filter(({ wraps }) => wraps).map(({ name }) => name);
  return `# bash completion for sallyport, written by: sallyport completion bash

_sallyport() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command= wrapped=0 index word
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    if [[ $word == -- ]]; then
      case $command in ${wrapping.join("|")}) wrapped=$((index + 1)) ;; esac
      break
    elif [[ $word == -* ]]; then
      # bash splits a word at equals signs and colons: --name = https : //host
      if _sallyport_takes_value "$command $word"; then
        ((index++))
        [[ \${COMP_WORDS[index]} == = ]] && ((index++))
        while [[ \${COMP_WORDS[index+1]} == [:=] ]]; do ((index += 2)); done
      fi
    elif [[ -z $command ]]; then
      command=$word
    else
      case $command in ${wrapping.join("|")}) wrapped=$index ;; esac
      break
    fi
  done

  # The word under the cursor may be the first one of a wrapped command line.
  if ((wrapped == 0 && index == COMP_CWORD)) && [[ $cur != -* && $cur != = ]]; then
    case $command in ${wrapping.join("|")}) wrapped=$index ;; esac
  fi
  if ((wrapped > 0 && wrapped <= COMP_CWORD)); then
    if declare -F _command_offset >/dev/null; then
      _command_offset "$wrapped"
    elif ((COMP_CWORD == wrapped)); then
      COMPREPLY=($(compgen -c -- "$cur"))
    else
      _sallyport_files "$cur"
    fi
    return
  fi

${ownWords(program)}}

${helpers(program)}
complete -F _sallyport sallyport
`;
}

/** Where no wrapped command line has begun: values, options, commands and their arguments. */
function ownWords(program: ProgramModel): string {
  const names = [...program.commands.map(({ name }) => name), "help"];
  return `  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  case "$command $prev" in
${valueCases(program)}
  esac
  if [[ $cur == -* ]]; then
    case $command in
${optionCases(program)}
    esac
    return
  fi
  # Behind the first argument some have a file, and all others nothing to offer.
  if ((index < COMP_CWORD)); then
    case $command in ${takesFile.join("|")}) _sallyport_files "$cur" ;; esac
    return
  fi
  case $command in
    "") COMPREPLY=($(compgen -W ${quote(names.join(" "))} -- "$cur")) ;;
${argumentCases(program)}
  esac
`;
}

function helpers(program: ProgramModel): string {
  const takesValue = patterns(program, (option) => offerFor(option) !== undefined && !option.valueIsOptional);
  return `_sallyport_takes_value() {
  case $1 in
    ${takesValue.join(" | ")}) return 0 ;;
  esac
  return 1
}

_sallyport_files() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -- "$1"))
}

`;
}

/** What completes an option's value: options of one name take the same everywhere. */
function valueCases(program: ProgramModel): string {
  const lines: string[] = [];
  const files = patterns(program, (option) => offerFor(option) === "files");
  const nothing = patterns(program, (option) => offerFor(option) === "nothing" && !option.valueIsOptional);
  for (const option of distinct(program)) {
    const offer = offerFor(option);
    if (typeof offer !== "object") continue;
    const others = distinct(program).some(({ long, flags }) => long === option.long && flags !== option.flags);
    const pattern = (others ? patternsOf(program, option) : patterns(program, ({ long }) => long === option.long)).join(
      " | ",
    );
    lines.push(`    ${pattern}) COMPREPLY=($(compgen -W ${quote(offer.words.join(" "))} -- "$cur")); return ;;`);
  }
  lines.push(`    ${files.join(" | ")}) _sallyport_files "$cur"; return ;;`);
  lines.push(`    ${nothing.join(" | ")}) return ;;`);
  return lines.join("\n");
}

function optionCases({ commands, options }: ProgramModel): string {
  const spell = (list: readonly OptionModel[]): string =>
    quote(list.flatMap(({ short, long }) => (short === undefined ? [long] : [long, short])).join(" "));
  const line = (pattern: string, list: readonly OptionModel[]): string =>
    `      ${pattern}) COMPREPLY=($(compgen -W ${spell(list)} -- "$cur")) ;;`;
  return [line('""', options), ...commands.map((command) => line(command.name, command.options))].join("\n");
}

function argumentCases(program: ProgramModel): string {
  return [...program.commands.map(({ name }) => name), "help"]
    .flatMap((name) => {
      const offer = offerForArgument(name, program);
      return typeof offer === "object"
        ? [`    ${name}) COMPREPLY=($(compgen -W ${quote(offer.words.join(" "))} -- "$cur")) ;;`]
        : [];
    })
    .join("\n");
}

/** `case` patterns for "command option", for any command. */
function patterns(program: ProgramModel, wanted: (option: OptionModel) => boolean): string[] {
  const names = distinct(program)
    .filter(wanted)
    .flatMap(({ short, long }) => (short === undefined ? [long] : [long, short]));
  return names.map((name) => `*" ${name}"`);
}

/** For the commands alone that have this very option: another one has one of that name that takes something else. */
function patternsOf({ commands }: ProgramModel, { flags, long }: OptionModel): string[] {
  const having = commands.filter(({ options }) => options.some((option) => option.flags === flags));
  return having.map(({ name }) => `"${name} ${long}"`);
}

function distinct({ commands, options }: ProgramModel): OptionModel[] {
  const all = [...options, ...commands.flatMap((command) => command.options)];
  return [...new Map(all.map((option) => [option.flags, option])).values()];
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
