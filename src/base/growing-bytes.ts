/**
 * Bytes that come piece by piece and are looked at as a whole. A peer chooses the pieces: joining all of them again at each
 * one would cost it nothing and us the square of what it sends. Here each byte is copied a few times at the most.
 */
export class GrowingBytes {
  #store = Buffer.alloc(0);
  #length = 0;

  push(piece: Buffer): void {
    const length = this.#length + piece.length;
    if (length > this.#store.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#store.length, 256));
      this.#store.copy(larger, 0, 0, this.#length);
      this.#store = larger;
    }
    piece.copy(this.#store, this.#length);
    this.#length = length;
  }

  /** All that came; what comes later does not change it. */
  get bytes(): Buffer {
    return this.#store.subarray(0, this.#length);
  }

  get length(): number {
    return this.#length;
  }
}
