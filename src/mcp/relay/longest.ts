/** The longest message in either direction, in bytes: beyond it nobody means a message, and memory would fill with what never ends. */
export const longestMessage = 64 * 1024 * 1024;

/** A message that is longer. What is left of it has not been read. */
export class MessageTooLong extends Error {
  override readonly name = "MessageTooLong";
}
