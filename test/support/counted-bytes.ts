import { vi } from "vitest";

/**
 * How many bytes are copied, searched or decoded while `work` runs, by Buffer's own operations. A measure of time that does not
 * depend on the machine: what is linear takes twice as many for twice the input.
 */
export async function countBytes(work: () => Promise<void> | void): Promise<number> {
  let counted = 0;
  const { concat } = Buffer;
  const { copy, indexOf, toString } = Buffer.prototype;
  const spies = [
    vi.spyOn(Buffer, "concat").mockImplementation((list, length) => {
      const made = concat(list, length);
      counted += made.length;
      return made;
    }),
    vi.spyOn(Buffer.prototype, "copy").mockImplementation(function (this: Buffer, ...args) {
      const copied = copy.apply(this, args);
      counted += copied;
      return copied;
    }),
    vi.spyOn(Buffer.prototype, "indexOf").mockImplementation(function (this: Buffer, ...args) {
      const from = typeof args[1] === "number" ? args[1] : 0;
      const found = indexOf.apply(this, args);
      counted += (found === -1 ? this.length : found) - from;
      return found;
    }),
    vi.spyOn(Buffer.prototype, "toString").mockImplementation(function (this: Buffer, ...args) {
      const text = toString.apply(this, args);
      counted += text.length;
      return text;
    }),
  ];
  try {
    await work();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return counted;
}
