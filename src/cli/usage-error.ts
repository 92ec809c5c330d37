/** Arguments that cannot be understood. What is told of it has no code: it is about this command line and nothing else. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}
