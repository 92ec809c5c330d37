import { together, type Column } from "./columns.js";
import type { Row } from "./rows.js";
import { CAPTURE, OURS, type Way } from "./ways.js";

export interface Choice {
  readonly way: Way;
  readonly row: Row;
  /** Its place among all rows. */
  readonly at: number;
  readonly columns: readonly Column[];
  /** A page is written, or networks were asked for by name: nothing is left out, and each is tried by itself. */
  readonly isWhole: boolean;
}

/**
 * The networks that a client is sent through in one way; those of a group in one run of the client. A run of the tests leaves out some, since
 * each cell takes its time:
 *
 * - by `run`, programs that tell little of their own are tried in the networks where they tell something (`telling`), and those that go by no
 *   variable in none: what they do there is known;
 * - by `run --capture`, these are tried where they tell something. Every other client is tried in one network, the next client in the next
 *   one: each client is met in each run of the tests, and each network several times.
 */
export function chooseCells({ way, row, at, columns, isWhole }: Choice): readonly (readonly Column[])[] {
  if (isWhole) return columns.map((column) => [column]);
  if (way.id === CAPTURE && row.readsNothing !== true) {
    const usable = columns.filter(({ id }) => row.without?.includes(id) !== true);
    const column = usable[at % usable.length];
    return column === undefined ? [] : [[column]];
  }
  if (way.id === OURS && row.readsNothing === true) return [];
  const tried = columns.filter(({ id }) => row.telling === undefined || row.telling.includes(id));
  const shared = tried.filter(({ id }) => way.id === OURS && together.includes(id));
  const alone = tried.filter((column) => !shared.includes(column)).map((column) => [column]);
  return shared.length === 0 ? alone : [...alone, shared];
}
