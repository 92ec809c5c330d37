import type { Credentials } from "../login-verdict.js";
import type { Challenge } from "./challenges.js";
import { DigestNonce, type RequestLine } from "./digest.js";
import type { SchemeLogin } from "./scheme.js";

/** A nonce that another connection has got, and whether the password was right with it. */
interface KnownNonce {
  readonly nonce?: DigestNonce | undefined;
  readonly proven?: boolean;
}

export class DigestLogin implements SchemeLogin {
  readonly scheme = "digest";
  readonly bound = false;
  readonly #credentials: Credentials;
  #nonce: DigestNonce | undefined;
  /** It may have become too old since it was proven, which some proxies do not say. */
  #mayBeOld: boolean;
  #sent = false;
  #renewals = 0;

  constructor(credentials: Credentials, { nonce, proven }: KnownNonce) {
    this.#credentials = credentials;
    this.#nonce = nonce;
    this.#mayBeOld = proven === true;
  }

  /** The one that the proxy has taken, for other connections. */
  get nonce(): DigestNonce | undefined {
    return this.#nonce;
  }

  async next(challenge: Challenge | undefined, line: RequestLine): Promise<string | undefined> {
    if (challenge !== undefined) {
      // RFC 7616 section 3.3: with `stale` the password was right and the nonce too old.
      const stale = this.#mayBeOld || challenge.params.get("stale")?.toLowerCase() === "true";
      // Nor for ever: a proxy whose every nonce is too old asks in circles.
      if (this.#sent && (!stale || this.#renewals++ > 0)) return undefined;
      this.#nonce = DigestNonce.from(challenge);
      this.#mayBeOld = false;
    }
    this.#sent = true;
    return this.#nonce?.authorization(this.#credentials, line);
  }

  again(line: RequestLine): string | undefined {
    this.#sent = true;
    return this.#nonce?.authorization(this.#credentials, line);
  }
}
