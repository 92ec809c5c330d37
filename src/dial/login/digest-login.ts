import type { Credentials } from "../login-verdict.js";
import type { Challenge } from "./challenges.js";
import { DigestNonce, type RequestLine } from "./digest.js";
import type { SchemeLogin } from "./scheme.js";

export class DigestLogin implements SchemeLogin {
  readonly scheme = "digest";
  readonly bound = false;
  readonly #credentials: Credentials;
  /** One that another connection has got; it may have expired since. */
  #nonce: DigestNonce | undefined;
  #fresh = false;
  #sent = false;
  #renewals = 0;

  constructor(credentials: Credentials, nonce: DigestNonce | undefined) {
    this.#credentials = credentials;
    this.#nonce = nonce;
  }

  /** The one that the proxy has taken, for other connections. */
  get nonce(): DigestNonce | undefined {
    return this.#nonce;
  }

  async next(challenge: Challenge | undefined, line: RequestLine): Promise<string | undefined> {
    if (challenge !== undefined) {
      // RFC 7616 section 3.3: with `stale` the password was right and the nonce too old. Some proxies forget to say so of old ones.
      const stale = challenge.params.get("stale")?.toLowerCase() === "true";
      if (this.#sent && this.#fresh && !stale) return undefined;
      // Nor for ever: a proxy whose every nonce is too old asks in circles.
      if (this.#sent && this.#fresh && this.#renewals++ >= 1) return undefined;
      this.#nonce = DigestNonce.from(challenge);
      this.#fresh = true;
    }
    this.#sent = true;
    return this.#nonce?.authorization(this.#credentials, line);
  }
}
