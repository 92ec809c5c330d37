import type { Assignment } from "./types.js";

/** Names what a shell got from `sallyport env`, separated by blanks, so that it can be taken back there. */
export const recordVariable = "SALLYPORT_ENV";
/** Begins the names under which a shell keeps what its variables held before. */
export const keptPrefix = "SALLYPORT_OLD_";

type Variables = Readonly<Record<string, string | undefined>>;

/** What the shell that asks has done before. */
export interface ShellState {
  /** Names that were set, or taken away, by an earlier `sallyport env`. */
  readonly recorded: readonly string[];
  /** Of those, the ones whose earlier value is kept. */
  readonly kept: ReadonlySet<string>;
  readonly present: ReadonlySet<string>;
}

export function readShellState(variables: Variables): ShellState {
  const names = Object.keys(variables).filter((name) => variables[name] !== undefined);
  return {
    // From the environment, and on its way into a script: nothing but names gets there.
    recorded: (variables[recordVariable] ?? "").split(" ").filter((name) => /^[A-Za-z_]\w*$/.test(name)),
    kept: new Set(names.filter((name) => name.startsWith(keptPrefix)).map((name) => name.slice(keptPrefix.length))),
    present: new Set(names),
  };
}

/**
 * The variables as they would be without an earlier `sallyport env`, so that asking again starts from the user's own settings and
 * not from our files, which do not follow a CA file that changed. What the user has set since then counts, and is told apart by
 * its value: ours name the data folder or the preload, or are the gateway's URL.
 */
export function withoutOurs(variables: Variables, dataFolder: string): Record<string, string | undefined> {
  const original: Record<string, string | undefined> = { ...variables };
  for (const name of readShellState(variables).recorded) {
    const value = variables[name];
    const ours =
      value === undefined ||
      value === variables["SALLYPORT_GATEWAY"] ||
      value.includes(dataFolder) ||
      // Of any installation: the one that set it may have moved.
      (name === "NODE_OPTIONS" && /[\\/]register\.cjs"/.test(value));
    if (ours) original[name] = variables[`${keptPrefix}${name}`];
  }
  return original;
}

export type ShellStep =
  /** Keep what the user had, unless something is kept already: a text may be used twice. */
  | { readonly kind: "keep"; readonly name: string; readonly as: string }
  | { readonly kind: "set"; readonly assignment: Assignment }
  | { readonly kind: "unset"; readonly name: string }
  | { readonly kind: "restore"; readonly name: string; readonly from: string };

/**
 * What a shell has to do to get these variables. `competing` names what would lead programs past them, and is taken away. The
 * values from before are kept by reference, and never printed.
 */
export function applySteps(
  assignments: readonly Assignment[],
  competing: readonly string[],
  state: ShellState,
): ShellStep[] {
  const names = [...assignments.map(({ name }) => name), ...competing];
  const wanted = new Set(names);
  const mine = new Set(state.recorded);
  const keep = (name: string): ShellStep[] =>
    state.present.has(name) && !mine.has(name) ? [{ kind: "keep", name, as: `${keptPrefix}${name}` }] : [];
  return [
    ...takeBack(
      state.recorded.filter((name) => !wanted.has(name)),
      state,
    ),
    ...names.flatMap(keep),
    ...assignments.map((assignment): ShellStep => ({ kind: "set", assignment })),
    // At the end, since a login may be taken from one of them.
    ...competing.map((name): ShellStep => ({ kind: "unset", name })),
    { kind: "set", assignment: record(names) },
  ];
}

export function undoSteps(state: ShellState): ShellStep[] {
  if (state.recorded.length === 0) return [];
  return [...takeBack(state.recorded, state), { kind: "unset", name: recordVariable }];
}

function takeBack(names: readonly string[], { kept }: ShellState): ShellStep[] {
  return names.map((name) =>
    kept.has(name) ? { kind: "restore", name, from: `${keptPrefix}${name}` } : { kind: "unset", name },
  );
}

function record(names: readonly string[]): Assignment {
  return {
    name: recordVariable,
    value: { kind: "plain", parts: [names.join(" ")] },
    readBy: "sallyport env --undo",
  };
}
