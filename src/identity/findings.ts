import type { FaultCode } from "../base/codes.js";
import { isConnectError, type ConnectError, type ConnectErrorInit } from "../base/errors.js";
import { raiseSeverity } from "../policy/index.js";
import { identityFault, type FaultWords } from "./faults.js";

/** Gathers what is wrong with one identity: all that can be seen at once, so that nobody has to fix one thing a day. */
export class Findings {
  readonly #all: ConnectError[] = [];
  readonly #strict: boolean;

  constructor(strict: boolean) {
    this.#strict = strict;
  }

  /** `words`: as a function of the faults files gives them. */
  add(code: FaultCode, words: FaultWords, rest: Pick<ConnectErrorInit, "cause" | "severity"> = {}): void {
    this.take(identityFault(code, words, rest));
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
