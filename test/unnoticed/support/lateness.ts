import type { Program } from "./programs.js";
import { excessOf, inProportionTo, ofFirstRequest, type Excess, type Pair, type Took } from "./took.js";

/** A setting in which programs can be measured. */
export interface Measured {
  /** Of each program, by its name, what it took when all of them ran. */
  readonly took: ReadonlyMap<string, Took>;
  /** Runs these once more, as one process. */
  measure(group: readonly Program[]): Promise<Took>;
}

/** What has one name: a program, or all that share a process. */
export interface Subject {
  readonly name: string;
  readonly group: readonly Program[];
}

/** So often a program is looked at alone before it is said to take longer. */
const looks = 4;

/**
 * Whether a program takes out of all proportion longer under the preload: the sentence that says so.
 *
 * When all ran, the load of the machine may have been another at each moment. So who was late there is measured again, with nothing
 * beside it of ours: by turns, without the preload and under it, with the program of a first request beside both. Once in proportion is
 * enough, since whatever holds a program up, and is not the load, does so each time.
 */
export async function latenessOf(
  { name, group }: Subject,
  first: Program,
  { bare, under }: Readonly<Record<keyof Pair, Measured>>,
): Promise<string | undefined> {
  const limitBy = (begun: Pair): ReturnType<typeof inProportionTo> =>
    name === first.name ? ofFirstRequest : inProportionTo(begun, startsOf(group));
  const seen = (of: string): Pair => ({ bare: bare.took.get(of) ?? {}, under: under.took.get(of) ?? {} });
  if (excessOf(seen(name), limitBy(seen(first.name))) === undefined) return undefined;
  const found: Excess[] = [];
  while (found.length < looks) {
    const begun = await measure([first], bare, under);
    const pair = name === first.name ? begun : await measure(group, bare, under);
    const excess = excessOf(pair, limitBy(begun));
    if (excess === undefined) return undefined;
    found.push(excess);
  }
  return found.toSorted((one, other) => one.times - other.times)[0]?.sentence;
}

async function measure(group: readonly Program[], bare: Measured, under: Measured): Promise<Pair> {
  return { bare: await bare.measure(group), under: await under.measure(group) };
}

/** The process itself, and those that it starts. */
function startsOf(group: readonly Program[]): number {
  return group.reduce((sum, { starts = 0 }) => sum + starts, 1);
}
