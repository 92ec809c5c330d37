import type { AuthorizationHeader } from "../login-verdict.js";
import type { SchemeLogin } from "./scheme.js";

/** A login that a helper has made: sent as it is, once on a connection that it belongs to, else with each request. */
export class HeaderLogin implements SchemeLogin {
  readonly scheme = "header";
  readonly bound: boolean;
  readonly #value: string;
  #sent = false;

  constructor({ value, bound }: AuthorizationHeader) {
    this.#value = value;
    this.bound = bound;
  }

  async next(): Promise<string | undefined> {
    if (this.#sent) return undefined;
    this.#sent = true;
    return this.#value;
  }

  again(): string | undefined {
    this.#sent = true;
    return this.bound ? undefined : this.#value;
  }
}
