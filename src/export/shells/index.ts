import { listed, pathsHere, textOf } from "../assignments.js";
import { applySteps, recordVariable, undoSteps, type ShellState, type ShellStep } from "../shell-state.js";
import type { Assignment, ExportedSettings, Rendering } from "../types.js";
import { cmd } from "./cmd.js";
import { fish } from "./fish.js";
import { bash, zsh } from "./posix.js";
import { powershell } from "./powershell.js";
import type { ShellSyntax, ShellValue } from "./types.js";

export const shells = { bash, zsh, fish, powershell, cmd } as const;

export type ShellName = keyof typeof shells;

/** What a shell runs to get the variables. `competing` names the user's variables that would lead programs past them. */
export function renderShell(
  shell: ShellName,
  exported: ExportedSettings,
  competing: readonly string[],
  state: ShellState,
): Rendering {
  const syntax: ShellSyntax = shells[shell];
  const assignments = syntax.caseless(exported.platform)
    ? uniqueWithoutCase(exported.assignments)
    : exported.assignments;
  const comments = [
    `sallyport ${exported.version}: network settings for programs of this shell. To use it: ${syntax.usage(commandFor(shell))}`,
    `To undo it: ${syntax.usage(`${commandFor(shell)} --undo`)}`,
    ...logins(exported),
  ];
  // What is not a name to a shell, such as npm_config_https-proxy, it can neither set nor take away.
  const [names, others] = [competing.filter(isName), competing.filter((name) => !isName(name))];
  const { text, notes } = write(syntax, comments, applySteps(assignments, names, state), shellValues(exported));
  const stays = others.map((name) => `${name} stays set, and may send programs another way: a shell cannot unset it`);
  return { text, notes: [...notes, ...stays] };
}

/** What a shell runs to be as it was before {@link renderShell}. */
export function undoShell(shell: ShellName, state: ShellState): Rendering {
  const syntax: ShellSyntax = shells[shell];
  const steps = undoSteps(state);
  if (steps.length > 0) {
    return write(syntax, ["Undoes what sallyport env has set in this shell."], steps, () => undefined);
  }
  const note = `there is nothing to undo: ${recordVariable}, in which a shell notes what was set, is not set`;
  return { text: `${syntax.comment(note)}\n`, notes: [note] };
}

const isName = (text: string): boolean => /^[A-Za-z_]\w*$/.test(text);

const commandFor = (shell: ShellName): string => `sallyport env --shell ${shell}`;

/** Whose text is kept somewhere should be told where it gets its secrets from. */
function logins({ assignments, heldBy }: ExportedSettings): string[] {
  const secrets = assignments.flatMap(({ value }) => (value.kind === "secret" ? [value.name] : []));
  if (secrets.length === 0) return [];
  const holders = [...new Set(secrets.map((name) => heldBy.get(name)))];
  const variables = holders.filter((holder) => holder !== undefined).map((holder) => `$${holder}`);
  const asked = holders.includes(undefined) ? ["what sallyport env --value prints"] : [];
  return [`Logins are not included: they are taken from ${listed([...variables, ...asked])}.`];
}

function write(
  syntax: ShellSyntax,
  comments: readonly string[],
  steps: readonly ShellStep[],
  valueOf: (assignment: Assignment) => ShellValue | undefined,
): Rendering {
  const notes: string[] = [];
  const lines = steps.flatMap((step): string[] => {
    switch (step.kind) {
      case "keep":
        return [syntax.keep(step.name, step.as)];
      case "unset":
        return [syntax.unset(step.name)];
      case "restore":
        return [syntax.restore(step.name, step.from)];
      case "set": {
        const { name } = step.assignment;
        const value = valueOf(step.assignment);
        const line = value && syntax.set(name, value);
        if (line === undefined) notes.push(`${name} is left out: its value has more than one line`);
        return line === undefined ? [] : [line];
      }
    }
  });
  const text = [...comments.map((comment) => syntax.comment(comment)), ...lines];
  return { text: `${(syntax.wrap?.(text) ?? text).join("\n")}\n`, notes };
}

/** Each secret is asked for once: what was set from it is what the next variable refers to. */
function shellValues(exported: ExportedSettings): (assignment: Assignment) => ShellValue {
  const holders = new Map(exported.heldBy);
  const pathOf = pathsHere(exported);
  return ({ name, value }) => {
    if (value.kind === "plain") {
      const { parts, ...beside } = value;
      return { ...beside, kind: "text", text: textOf(parts, pathOf) };
    }
    const variable = holders.get(value.name);
    if (variable !== undefined) return { kind: "variable", variable };
    holders.set(value.name, name);
    return { kind: "command", command: `sallyport env --value ${value.name}` };
  };
}

/** Where case does not count, `https_proxy` is `HTTPS_PROXY` once more. */
function uniqueWithoutCase(assignments: readonly Assignment[]): Assignment[] {
  const seen = new Set<string>();
  return assignments.filter(({ name }) => {
    const key = name.toUpperCase();
    return seen.has(key) ? false : seen.add(key);
  });
}
