import type { FaultCode } from "../base/codes.js";
import { ConnectError, isConnectError, type ConnectErrorInit } from "../base/errors.js";
import { raiseSeverity } from "../policy/index.js";

/** What is said about a fault. */
export type FaultWords = Pick<ConnectErrorInit, "message" | "remedy">;

/** Gathers what is wrong with one identity: all that can be seen at once, so that nobody mends one thing a day. */
export class Findings {
  readonly #all: ConnectError[] = [];
  readonly #strict: boolean;

  constructor(strict: boolean) {
    this.#strict = strict;
  }

  /** `words`: as a function of the faults files gives them. */
  add(code: FaultCode, words: FaultWords, rest: Pick<ConnectErrorInit, "cause" | "severity"> = {}): void {
    this.take(new ConnectError(code, { ...rest, ...words, hop: "local" }));
  }

  /** Takes over a fault that was thrown; anything else is a defect of ours and goes on its way. */
  take(error: unknown): void {
    if (!isConnectError(error)) throw error;
    this.#all.push(this.#strict ? raiseSeverity(error) : error);
  }

  get faults(): readonly ConnectError[] {
    return this.#all.filter(({ severity }) => severity === "error");
  }

  get warnings(): readonly ConnectError[] {
    return this.#all.filter(({ severity }) => severity === "warning");
  }
}
