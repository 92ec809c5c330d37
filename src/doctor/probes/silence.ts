/** Nothing came in time. */
export class Silence extends Error {
  override readonly name = "Silence";

  readonly ms: number;

  constructor(ms: number) {
    super(`nothing came within ${ms} ms`);
    this.ms = ms;
  }
}

/** Ends a wait with {@link Silence}. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Silence(ms)), ms))),
    ]);
  } finally {
    clearTimeout(timer);
  }
}
