/** What a program took, in milliseconds. What could not be measured, of a program that ends its process say, is left out. */
export interface Took {
  /** From the start of its process to the end of it; of one that has a process for itself. */
  readonly process?: number | undefined;
  /** From its first line to its last. */
  readonly program?: number | undefined;
  /** What it had of the processor between these: who turns in circles while waiting takes no longer, but all of that. */
  readonly processor?: number | undefined;
}

/** The same in an open network by itself, and under the preload. */
export interface Pair {
  readonly bare: Took;
  readonly under: Took;
}

/** How long a program may take under the preload, in milliseconds, by what it was seen to take in one respect without it. */
type Limit = (measure: keyof Took, bare: number) => number;

/** Of a program under the preload that took longer than it may: a sentence, and how many times that. */
export interface Excess {
  readonly sentence: string;
  readonly times: number;
}

/**
 * Of the program whose first request is all that it does: whoever makes one loads what makes connections, which is as much again as
 * what Node loads for that (some three times the processor's time on Node 22, less than twice the time).
 */
export const ofFirstRequest: Limit = (_measure, bare) => 4 * bare;

/**
 * Of any other: twice what it takes by itself, and twice what that one takes more, in the same network and beside it, for each process
 * and thread that makes a first request. No length of time is known beforehand: machine, Node and load are the same for all of them.
 */
export function inProportionTo({ bare, under }: Pair, starts: number): Limit {
  return (measure, itself) => 2 * (itself + starts * Math.max(0, (under[measure] ?? 0) - (bare[measure] ?? 0)));
}

const told: Readonly<Record<keyof Took, (time: string) => string>> = {
  process: (time) => `its process took ${time}`,
  program: (time) => `it took ${time}`,
  processor: (time) => `it used ${time} of the processor`,
};

/** The worst in which it is out of proportion. */
export function excessOf({ bare, under }: Pair, limit: Limit): Excess | undefined {
  const found = (Object.keys(told) as (keyof Took)[]).flatMap((measure): readonly Excess[] => {
    const [alone, here] = [bare[measure], under[measure]];
    if (alone === undefined || here === undefined) return [];
    const most = limit(measure, alone);
    const sentence = `${told[measure](seconds(here))} under the preload, and ${seconds(alone)} without it; up to ${seconds(most)} is in proportion`;
    return here > most ? [{ sentence, times: here / most }] : [];
  });
  return found.toSorted((one, other) => other.times - one.times)[0];
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
