const given = new Set<string>();

/** Tells the user of a program, on stderr and once, what is done in another way than the program asked for. */
export function warnOnce(message: string): void {
  if (given.has(message)) return;
  given.add(message);
  process.emitWarning(message, "SallyportWarning");
}
