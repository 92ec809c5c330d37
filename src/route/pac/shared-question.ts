/** What the first of the shared numbers counts: the thread sleeps while it stays the same. */
const questions = 0;
const state = 1;
const number = 2;
const length = 3;
/** Bytes before the text: eight numbers. */
const headBytes = 32;
const textBytes = 4096;

const idle = 0;
const asked = 1;
/** Nobody waits any more: the answer comes as a message. */
const left = 2;
const answered = 3;

/**
 * Milliseconds for which whoever asks may stand still. Most scripts take a tenth of it; to be woken up by a message's event takes as long as they do.
 */
const patience = 0.3;
/** A script that takes longer than that is not waited for again before it has been asked so often. */
const asksWithout = 32;

/** The names of the places, for the thread's source. */
export const places = { questions, state, number, length, headBytes, textBytes, idle, asked, left, answered };

const isPlain = /^[\n -~]*$/;

/** A place in memory where a sandbox's thread is asked one question at a time, and answers it without a message. */
export class SharedQuestion {
  readonly buffer = new SharedArrayBuffer(headBytes + textBytes);
  readonly #numbers = new Int32Array(this.buffer, 0, headBytes / 4);
  readonly #text = Buffer.from(this.buffer, headBytes, textBytes);
  #without = 0;

  /** There is a message for the thread. */
  wake(): void {
    Atomics.add(this.#numbers, questions, 1);
    Atomics.notify(this.#numbers, questions);
  }

  /**
   * Asks, and waits for a moment. Nobody may be waiting for another answer.
   * @returns the text; `"later"`: the answer comes as a message with this number; `"no"`: nothing was asked
   */
  ask(id: number, url: string, host: string): { readonly text: string } | "later" | "no" {
    if (this.#without > 0) {
      this.#without--;
      return "no";
    }
    const question = `${url}\n${host}`;
    if (question.length > textBytes || !isPlain.test(question)) return "no";
    const numbers = this.#numbers;
    numbers[length] = this.#text.write(question, "latin1");
    Atomics.store(numbers, state, asked);
    // Last: by it the thread knows that there is another question, also when nobody stands still for it any more.
    Atomics.store(numbers, number, id);
    this.wake();
    try {
      Atomics.wait(numbers, state, asked, patience);
    } catch {
      // Not every main thread may wait (Electron's windows).
      this.#without = Number.POSITIVE_INFINITY;
    }
    if (Atomics.compareExchange(numbers, state, asked, left) === asked) {
      this.#without ||= asksWithout;
      return "later";
    }
    Atomics.store(numbers, state, idle);
    const size = numbers[length] ?? 0;
    return size < 0 ? "later" : { text: this.#text.toString("latin1", 0, size) };
  }
}
