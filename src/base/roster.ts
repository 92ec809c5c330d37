/** One on a {@link Roster}. */
interface Place<T> {
  readonly item: T;
  before: Place<T> | undefined;
  after: Place<T> | undefined;
}

/**
 * A Set of objects that come and go all the time, in the order in which they came. The table of a Set is made again and again as its
 * members change, and each old one points to the next and to those who were members then. One of them that has got old keeps all that
 * follow from the young collector: with Sets, a third of what closed connections leave behind had to wait for a full collection.
 */
export class Roster<T extends object> {
  readonly #place = Symbol("place");
  #first: Place<T> | undefined;
  #last: Place<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Who came first of those that are still here. */
  get first(): T | undefined {
    return this.#first?.item;
  }

  has(item: T): boolean {
    return this.#holder(item)[this.#place] !== undefined;
  }

  add(item: T): void {
    const holder = this.#holder(item);
    if (holder[this.#place] !== undefined) return;
    const place: Place<T> = { item, before: this.#last, after: undefined };
    if (this.#last === undefined) this.#first = place;
    else this.#last.after = place;
    this.#last = place;
    this.#size++;
    holder[this.#place] = place;
  }

  /** @returns whether it was here */
  delete(item: T): boolean {
    const holder = this.#holder(item);
    const place = holder[this.#place];
    if (place === undefined) return false;
    holder[this.#place] = undefined;
    this.#size--;
    const { before, after } = place;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    // What has gone must not lead to who is still here.
    place.before = undefined;
    place.after = undefined;
    return true;
  }

  clear(): void {
    for (const item of this) this.delete(item);
  }

  /** Those who are here now, whatever happens to them meanwhile. */
  [Symbol.iterator](): IterableIterator<T> {
    const items: T[] = [];
    for (let place = this.#first; place !== undefined; place = place.after) items.push(place.item);
    return items.values();
  }

  #holder(item: T): Record<symbol, Place<T> | undefined> {
    return item as T & Record<symbol, Place<T> | undefined>;
  }
}
