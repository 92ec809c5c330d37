import type { StageEvent } from "../../dial/types.js";

/** What is known of a request that failed, besides its error. */
export interface FailedRequest {
  readonly url: URL;
  readonly signal: AbortSignal;
  /** Milliseconds. */
  readonly maxTime: number | undefined;
  readonly stages: readonly StageEvent[];
  /** Redirects were followed: another server than the URL's may have answered. */
  readonly follows: boolean;
}

/** The first code in a chain of causes; empty where there is none. */
export function causeCode(error: unknown): string {
  for (let depth = 0, current = error; depth < 8 && current instanceof Error; depth++, current = current.cause) {
    if ("code" in current && typeof current.code === "string") return current.code;
  }
  return "";
}
