import { createSystem } from "../env/index.js";
import type { Diagnosable } from "./types.js";

export type Timed<T> = { readonly ms: number } & (
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: unknown }
);

/** Milliseconds that work took, whether it failed or not. */
export async function timed<T>({ system = createSystem() }: Diagnosable, work: () => Promise<T>): Promise<Timed<T>> {
  const start = system.monotonic();
  try {
    return { ok: true, value: await work(), ms: system.monotonic() - start };
  } catch (error) {
    return { ok: false, error, ms: system.monotonic() - start };
  }
}
