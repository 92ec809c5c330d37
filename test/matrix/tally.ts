import type { CellResult } from "./cell.js";
import { exceptionFor } from "./exceptions.js";
import { wordsFor } from "./judge.js";
import type { Way } from "./ways.js";

/** Counts the cells of our own way, which are the test, and says what is wrong with them. The other ways are for comparison. */
export class Tally {
  readonly #verbose: boolean;
  #passed = 0;
  #failed = 0;
  readonly #skipped = new Map<string, number>();

  constructor({ verbose }: { readonly verbose: boolean }) {
    this.#verbose = verbose;
  }

  add(way: Way, row: string, column: string, result: CellResult): void {
    const words = wordsFor(result.outcome);
    const title = `${row}: ${column}, by ${way.title}`;
    const complaint = way.ours ? complaintAbout(way, row, column, result) : undefined;
    if (way.ours) this.#count(complaint === undefined);
    if (complaint !== undefined) console.log(`✗ ${title}: ${complaint}`);
    if (complaint !== undefined || this.#verbose) show(title, words, result);
  }

  /** A cell that was not tried. One that makes no sense is not missed. */
  omit(way: Way, row: string, why: string): void {
    if (!way.ours || why === "–") return;
    const name = `${row}: ${why}`;
    this.#skipped.set(name, (this.#skipped.get(name) ?? 0) + 1);
  }

  /** Packets that went out to anywhere while this way was tried. */
  left(way: Way, packets: number): void {
    console.log(`${way.title}: ${packets} packets left the machine`);
    if (way.ours) this.#count(packets === 0);
  }

  get failed(): boolean {
    return this.#failed > 0;
  }

  get line(): string {
    const skipped = [...this.#skipped.values()].reduce((sum, cells) => sum + cells, 0);
    return `${this.#passed} passed, ${this.#failed} failed, ${skipped} skipped`;
  }

  /** What was skipped, and why. */
  get omitted(): readonly string[] {
    return [...this.#skipped].map(([name, cells]) => `skipped (${cells}) ${name}`);
  }

  #count(good: boolean): void {
    if (good) this.#passed++;
    else this.#failed++;
  }
}

/** Undefined when the cell is as it should be: works, or fails for the reason that is known. */
function complaintAbout(way: Way, row: string, column: string, { outcome, evidence }: CellResult): string | undefined {
  const exception = exceptionFor(way.id, row, column);
  const words = wordsFor(outcome);
  if (exception === undefined) return outcome.kind === "works" ? undefined : words;
  if (outcome.kind === "works") return "works, although exceptions.ts lists it: take it out there";
  const isKnown = exception.says.test(`${words}\n${evidence.stderr}${evidence.stdout}`);
  return isKnown ? undefined : `${words}, where exceptions.ts expects ${String(exception.says)}`;
}

function show(title: string, words: string, { evidence, ms }: CellResult): void {
  const { stdout, stderr, ...seen } = evidence;
  console.log(`--- ${title}: ${words} (${ms.toFixed(0)} ms)`);
  console.log(JSON.stringify(seen));
  for (const text of [stdout, stderr]) if (text !== "") console.log(text.trimEnd().slice(0, 4000));
}
