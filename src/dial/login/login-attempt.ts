import type { ConnectError } from "../../base/errors.js";
import { findConnectError } from "../../base/errors.js";
import type { Credentials } from "../login-verdict.js";
import { parseChallenges, type Challenge } from "./challenges.js";
import { DigestLogin } from "./digest-login.js";
import { DigestNonce, type RequestLine } from "./digest.js";
import { brokenHandshake, cannotLogIn, endlessLogin, ticketRefused } from "./faults.js";
import { helperWanted } from "./faults-helper.js";
import { HeaderLogin } from "./header-login.js";
import { NegotiateLogin } from "./negotiate-login.js";
import { NtlmLogin } from "./ntlm-login.js";
import { BasicLogin, type LoginPlace, type SchemeLogin, type SchemeName } from "./scheme.js";

/** What one proxy has taken before: the next login begins with that. One for each proxy of each policy. */
export interface LoginMemory {
  scheme?: SchemeName;
  nonce?: DigestNonce | undefined;
  /** The password was right with this nonce. */
  proven?: boolean;
}

export interface LoginSettings {
  /** What may be used, in the order of preference. */
  readonly allowed: readonly SchemeName[];
  /** Undefined: no user and password. */
  readonly credentials: Credentials | undefined;
  /** Why Negotiate is not to be tried; undefined where it may be. */
  readonly withoutTicket?: ConnectError | undefined;
  /** There is a helper that has not been asked: where a login is wanted this ends, and goes on with its answer. */
  readonly asksHelper?: boolean;
}

/** What the next request carries. `here`: it is worth something on this connection alone. */
export interface Sending {
  readonly kind: "send";
  readonly value: string;
  readonly here: boolean;
}

/** What is to be done after a proxy has asked for a login. */
export type Answer =
  | Sending
  /** The password was refused: it is not to be sent again by anybody. */
  | { readonly kind: "refused" }
  | { readonly kind: "fault"; readonly fault: ConnectError };

/** A proxy asks four times in the longest honest login: without one, then twice within a handshake, then for the next scheme. */
const mostRounds = 8;

/**
 * One login at one proxy, over as many requests and connections as it takes: which scheme, what to send, and when to stop. The best
 * scheme comes first that the proxy offers, the settings allow, and that can be had here. A refused password ends it, whichever scheme
 * it went by (accounts lock out); a ticket that cannot be had or is refused leaves the password to the other schemes.
 */
export class LoginAttempt {
  readonly #settings: LoginSettings;
  readonly #memory: LoginMemory;
  readonly #place: LoginPlace;
  #current: SchemeLogin | undefined;
  /** For the first request on another connection, where it has been computed already. */
  #pending: string | undefined;
  /** Why Negotiate is not to be tried (again). */
  #ticket: ConnectError | undefined;
  #rounds = 0;
  #offer: string | undefined;

  constructor(settings: LoginSettings, memory: LoginMemory, place: LoginPlace) {
    this.#settings = settings;
    this.#ticket = settings.withoutTicket;
    this.#memory = memory;
    this.#place = place;
  }

  /** The scheme of what was sent last, or will be next. */
  get scheme(): SchemeName | undefined {
    return this.#current?.scheme;
  }

  /** What came with the proxy's last 407. */
  get offer(): string | undefined {
    return this.#offer;
  }

  /**
   * The connection ends that `value` was for, and the login goes on on another one.
   * @throws {ConnectError} PROXY_AUTH_UNSUPPORTED where it cannot
   */
  move({ value, here }: Sending): void {
    const scheme = this.#current?.scheme;
    if (here && scheme !== undefined) throw brokenHandshake(this.#place.proxy, scheme);
    this.#pending = value;
  }

  /**
   * With which scheme it begins: with what the proxy took before; else with a password that may go by Basic, as curl sends it; else
   * with none, to hear what the proxy wants.
   */
  begin(): { readonly scheme: SchemeName | undefined; readonly bound: boolean } {
    const { credentials } = this.#settings;
    if (credentials?.header !== undefined) this.#current ??= new HeaderLogin(credentials.header);
    this.#current ??= this.#begin(this.#memory.scheme) ?? (this.#mayBasic ? this.#begin("basic") : undefined);
    return { scheme: this.#current?.scheme, bound: this.#current?.bound === true };
  }

  /** What goes with the first request on a connection. */
  first(line: RequestLine): string | undefined | Promise<string | undefined> {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending !== undefined) return pending;
    this.begin();
    return this.#current && this.#start(this.#current, line);
  }

  async #start(login: SchemeLogin, line: RequestLine): Promise<string | undefined> {
    const value = await this.#tried(login, undefined, line);
    // Where there is no ticket the proxy will say what else it takes.
    if (value === undefined) this.#current = undefined;
    return value;
  }

  /** @param field what came with the 407 */
  async answer(field: string, line: RequestLine): Promise<Answer> {
    const { proxy } = this.#place;
    this.#offer = field;
    if (this.#settings.asksHelper === true) return { kind: "fault", fault: helperWanted(proxy) };
    if (++this.#rounds > mostRounds) return { kind: "fault", fault: endlessLogin(proxy) };
    const current = this.#current;
    if (current?.scheme === "header") return { kind: "refused" };
    const offered = parseChallenges(field);
    const same = current && offered.find((each) => each.scheme === current.scheme && this.#canAnswer(each));
    if (current !== undefined && same !== undefined) {
      const value = await current.next(same, line);
      if (value !== undefined) return { kind: "send", value, here: current.bound };
      if (current.scheme !== "negotiate") return { kind: "refused" };
      this.#ticket = ticketRefused(proxy);
    }
    for (const scheme of this.#settings.allowed) {
      const challenge = offered.find((each) => each.scheme === scheme && this.#canAnswer(each));
      const login = challenge && this.#begin(scheme);
      if (challenge === undefined || login === undefined) continue;
      this.#current = login;
      const value = await this.#tried(login, scheme === "digest" ? challenge : undefined, line);
      if (value !== undefined) return { kind: "send", value, here: false };
    }
    this.#current = undefined;
    const { credentials, allowed } = this.#settings;
    const fault = cannotLogIn(proxy, offered, {
      configured: credentials !== undefined,
      allowed,
      ticket: this.#ticket,
    });
    return { kind: "fault", fault };
  }

  /** The proxy let it in. */
  accepted(): void {
    this.remember();
    if (this.#current instanceof DigestLogin) this.#memory.proven = true;
  }

  /** The next login at this proxy begins in the way that this one has come to. */
  remember(): void {
    if (this.#current === undefined || this.#current.scheme === "header") return;
    this.#memory.scheme = this.#current.scheme;
    if (!(this.#current instanceof DigestLogin) || this.#current.nonce === this.#memory.nonce) return;
    this.#memory.nonce = this.#current.nonce;
    this.#memory.proven = false;
  }

  /** The value for one more request on a connection, once the login has begun. */
  perRequest(line: RequestLine): string | undefined {
    return this.#current?.again(line);
  }

  /** Whether another scheme than `scheme`, which a connection began with, has turned out to be the right one. */
  isOutdated(scheme: SchemeName | undefined): boolean {
    return scheme !== "header" && this.#memory.scheme !== undefined && this.#memory.scheme !== scheme;
  }

  get #mayBasic(): boolean {
    return this.#settings.credentials !== undefined && this.#settings.allowed.includes("basic");
  }

  #canAnswer(challenge: Challenge): boolean {
    return challenge.scheme !== "digest" || DigestNonce.from(challenge) !== undefined;
  }

  #begin(scheme: SchemeName | undefined): SchemeLogin | undefined {
    const { credentials } = this.#settings;
    if (scheme === "negotiate") return this.#ticket === undefined ? new NegotiateLogin(this.#place) : undefined;
    if (credentials === undefined || scheme === undefined || scheme === "header") return undefined;
    if (scheme === "ntlm") return new NtlmLogin(credentials, this.#place);
    return scheme === "digest" ? new DigestLogin(credentials, this.#memory) : new BasicLogin(credentials);
  }

  async #tried(login: SchemeLogin, challenge: Challenge | undefined, line: RequestLine): Promise<string | undefined> {
    try {
      return await login.next(challenge, line);
    } catch (error) {
      if (login.scheme !== "negotiate") throw error;
      this.#ticket = findConnectError(error);
      return undefined;
    }
  }
}
