/** Bytes of a body that are kept to be sent again: little is under way when a proxy refuses a request by its head. */
const most = 65_536;

/**
 * A body that is read only once, as are all that fetch gives: what was read is kept, as long as it is little, so that a second
 * reader can begin at the beginning. Nothing more is wanted of the first one by then.
 */
export class KeptBody implements AsyncIterable<Uint8Array> {
  readonly #source: AsyncIterator<Uint8Array>;
  #kept: Uint8Array[] | undefined = [];
  #size = 0;
  #count = 0;
  #pulling: Promise<IteratorResult<Uint8Array>> | undefined;

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#source = body[Symbol.asyncIterator]();
  }

  /** It can be read from its beginning. */
  get isWhole(): boolean {
    return this.#kept !== undefined;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (let at = 0; ; at++) {
      const kept = this.#kept?.[at];
      if (kept !== undefined) {
        yield kept;
        continue;
      }
      const { value, done } = await this.#pull();
      if (done === true) return;
      // The first reader may still have been waiting for a piece that was too much to keep.
      if (at !== this.#count - 1) throw new Error("the body was too long to be sent again");
      yield value;
    }
  }

  /** Nobody will read it again. */
  async drop(): Promise<void> {
    this.#kept = undefined;
    await this.#source.return?.();
  }

  /** Both readers may wait for the same piece. */
  #pull(): Promise<IteratorResult<Uint8Array>> {
    this.#pulling ??= this.#source.next().then((result) => {
      if (result.done !== true) this.#keep(result.value);
      this.#pulling = undefined;
      return result;
    });
    return this.#pulling;
  }

  #keep(chunk: Uint8Array): void {
    this.#count++;
    this.#size += chunk.byteLength;
    if (this.#size > most) this.#kept = undefined;
    this.#kept?.push(chunk);
  }
}

/** The form in which a body can be sent twice; undefined for those that need no copy for that, and those that cannot be kept. */
export function keepBody(body: unknown): KeptBody | undefined {
  if (typeof body !== "object" || body === null || "pipe" in body || "stream" in body) return undefined;
  return Symbol.asyncIterator in body ? new KeptBody(body as AsyncIterable<Uint8Array>) : undefined;
}

/** A body that can be sent as often as one likes. */
export function isAtHand(body: unknown): boolean {
  return body === undefined || body === null || typeof body === "string" || ArrayBuffer.isView(body);
}
