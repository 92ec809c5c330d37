# Types a line into an interactive zsh and prints what its completion offers, one a line: complete.zsh SCRIPT LINE
# zsh completes inside its line editor alone, so one is run on a pseudo-terminal (zsh/zpty), and `compadd` notes the matches.
zmodload zsh/zpty || exit 1
zpty shell zsh -f -i
zpty -w shell "PS1= PROMPT= RPROMPT=; stty -echo; autoload -Uz compinit; compinit -D -u; source ${(q)1}"
zpty -w shell '
compadd() {
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
  typeset -a __hits
  builtin compadd -A __hits "$@"
  for hit in $__hits; do print -r -- "offer:$hit"; done
  builtin compadd "$@"
}
finish() { print -r -- "the:end" }
zle -C complete-line complete-word _main_complete
offer-line() { BUFFER=$line_to_complete; CURSOR=$#BUFFER; zle complete-line; finish; BUFFER=; }
zle -N offer-line
bindkey "^T" offer-line'
zpty -w shell "line_to_complete=${(q)2}; print ready''-now"
zpty -r -m shell output '*ready-now*'
zpty -n -w shell $'\C-T'
zpty -r -m shell output '*the:end*'
for text in ${(f)output}; do
  text=${text//$'\r'/}
  [[ $text == *offer:* ]] && print -r -- ${text##*offer:}
done | sort -u
zpty -d shell
