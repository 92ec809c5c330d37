import type { LabEvent, LabLog } from "./types.js";

type Unnumbered<Event> = Event extends unknown ? Omit<Event, "seq"> : never;

/** An event as its author knows it; the log adds the number. */
export type NewLabEvent = Unnumbered<LabEvent>;

interface Waiter {
  readonly fits: (event: LabEvent) => boolean;
  readonly found: (event: LabEvent) => void;
}

export class EventLog implements LabLog {
  #events: LabEvent[] = [];
  #next = 1;
  readonly #waiters = new Set<Waiter>();

  get events(): readonly LabEvent[] {
    return [...this.#events];
  }

  add(event: NewLabEvent): void {
    const numbered: LabEvent = { seq: this.#next++, ...event };
    this.#events.push(numbered);
    for (const waiter of this.#waiters) {
      if (waiter.fits(numbered)) waiter.found(numbered);
    }
  }

  of<K extends LabEvent["kind"]>(by: string, kind: K): readonly Extract<LabEvent, { kind: K }>[];
  of(by: string): readonly LabEvent[];
  of(by: string, kind?: LabEvent["kind"]): readonly LabEvent[] {
    return this.#events.filter((event) => event.by === by && (kind === undefined || event.kind === kind));
  }

  waitFor(fits: (event: LabEvent) => boolean, ms = 5000): Promise<LabEvent> {
    const past = this.#events.find(fits);
    if (past !== undefined) return Promise.resolve(past);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        fits,
        found: (event) => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve(event);
        },
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        const seen = this.#events.map((event) => `${event.by} ${event.kind}`).join(", ");
        reject(new Error(`no such event in ${ms} ms; the log holds: ${seen === "" ? "nothing" : seen}`));
      }, ms);
      this.#waiters.add(waiter);
    });
  }

  clear(): void {
    this.#events = [];
  }
}
