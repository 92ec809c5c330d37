import { longestMessage } from "./longest.js";

/** Stands for a line that was longer than it may be, and has been passed over. */
export const tooLong = Symbol("too long");

/**
 * The lines of a stream of bytes, without their ends, empty ones left out. A line that comes in many parts is put together once, so that
 * one of ten megabytes costs no more than its bytes. Of one that is longer than `longest` bytes nothing is kept.
 */
export async function* linesOf(
  input: AsyncIterable<Uint8Array>,
  longest = longestMessage,
): AsyncGenerator<string | typeof tooLong> {
  let line = new Line(longest);
  for await (const chunk of input) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    let start = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      line.push(bytes.subarray(start, end));
      start = end + 1;
      const whole = line.end();
      line = new Line(longest);
      if (whole !== "") yield whole;
    }
    if (start < bytes.length) line.push(bytes.subarray(start));
  }
  const last = line.end();
  if (last !== "") yield last;
}

class Line {
  readonly #longest: number;
  #parts: Uint8Array[] = [];
  #length = 0;

  constructor(longest: number) {
    this.#longest = longest;
  }

  push(part: Uint8Array): void {
    this.#length += part.length;
    if (this.#length <= this.#longest) this.#parts.push(part);
    else this.#parts = [];
  }

  end(): string | typeof tooLong {
    if (this.#length > this.#longest) return tooLong;
    const [only] = this.#parts;
    const bytes = this.#parts.length === 1 && only !== undefined ? only : Buffer.concat(this.#parts);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8").trim();
  }
}
