import type { Credentials } from "../login-verdict.js";
import type { LoginScheme } from "../../policy/types.js";
import type { Challenge } from "./challenges.js";
import type { RequestLine } from "./digest.js";

/** `header`: a value that a helper has made, by whatever scheme. */
export type SchemeName = LoginScheme | "header";

/** What a login is made for. */
export interface LoginPlace {
  readonly proxy: { readonly host: string; readonly port: number };
  /** The principal of the proxy: `HTTP/proxy.corp.example`. */
  readonly service: string;
  /** The proxy's certificate, where it is spoken to by TLS. */
  readonly binding: () => Buffer | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A login by one scheme, on one connection. */
export interface SchemeLogin {
  readonly scheme: SchemeName;
  /** Its messages belong to one connection: it cannot go on on another. */
  readonly bound: boolean;
  /**
   * The value of `Proxy-Authorization` for the next request.
   * @param challenge what the proxy has said to the last one; undefined at the beginning, where it said nothing of use
   * @returns undefined where the proxy has refused what was sent
   */
  next(challenge: Challenge | undefined, line: RequestLine): Promise<string | undefined>;
  /** The value for one more request on the same connection; undefined where that is logged in as a whole. */
  again(line: RequestLine): string | undefined;
}

/** RFC 7617: user and password in UTF-8, joined by a colon. */
export function basic({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`, "utf8").toString("base64")}`;
}

export class BasicLogin implements SchemeLogin {
  readonly scheme = "basic";
  readonly bound = false;
  readonly #credentials: Credentials;
  #sent = false;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  async next(): Promise<string | undefined> {
    if (this.#sent) return undefined;
    this.#sent = true;
    return basic(this.#credentials);
  }

  again(): string {
    this.#sent = true;
    return basic(this.#credentials);
  }
}
