import type { System } from "../base/system.js";
import type { ProxyServer } from "../policy/types.js";
import type { Abortable } from "./abortable.js";
import { bounded } from "./bounded.js";
import { refusedBefore, slowLogin, undecided } from "./faults.js";
import { LoginSource, sameCredentials, type Login } from "./login-source.js";
import type { Credentials, Sent } from "./login-verdict.js";

export type { Credentials } from "./login-verdict.js";

/** Kept for the life of the setting's object: a new policy asks again. */
const sources = new WeakMap<ProxyServer, LoginSource>();

function sourceOf(proxy: ProxyServer): LoginSource {
  const known = sources.get(proxy) ?? new LoginSource(proxy);
  sources.set(proxy, known);
  return known;
}

/** The login that is used without a question: a configured one, or a stored one once the proxy has asked for a login. */
function knownSource(proxy: ProxyServer): LoginSource | undefined {
  const source = sourceOf(proxy);
  return source.isConfigured || source.latest !== undefined ? source : undefined;
}

/** The login that is configured for this proxy, if there is one. A command or file is asked once. */
export async function proxyCredentials(proxy: ProxyServer, system: System): Promise<Credentials | undefined> {
  return (await knownSource(proxy)?.current(system))?.credentials;
}

/**
 * Whether the user has stored a login for this proxy, for which none is configured. It is then used by everyone from now on. To be asked
 * where the proxy asks for one, and not before: the keyring may want a password of its own.
 * @throws {ConnectError} KEYRING_UNAVAILABLE, PROXY_LOGIN_UNREADABLE, SECRET_COMMAND_FAILED where it takes too long
 * @throws the signal's reason after an abort
 */
export async function findStoredLogin(place: LoginTarget): Promise<boolean> {
  const source = sourceOf(place.proxy);
  return !source.isConfigured && (await currentLogin(place, source)) !== undefined;
}

/**
 * The same within one dial, for a login that no proxy judges.
 * @throws {ConnectError} SECRET_COMMAND_FAILED; the signal's reason after an abort
 */
export async function nameFor(place: LoginTarget): Promise<Credentials | undefined> {
  const source = knownSource(place.proxy);
  return source && (await currentLogin(place, source))?.credentials;
}

function currentLogin(place: LoginTarget, source: LoginSource): Promise<Login | undefined> {
  return within(place, source.current(place.system));
}

/** What comes of a command or file, as far as the dial can wait for it. */
function within<T>({ proxy, signal, left }: LoginTarget, wait: Promise<T>): Promise<T> {
  const ms = left();
  return until(wait, signal, ms, () => slowLogin(proxy, ms));
}

/** Where a login is to be used. */
export interface LoginTarget {
  readonly proxy: ProxyServer;
  /** `host:port` of what the proxy is asked for. */
  readonly target: string;
  readonly system: System;
  readonly signal: Abortable | undefined;
  /** Milliseconds until the dial has to be over. */
  readonly left: () => number;
}

/**
 * The login for one use, once it may be sent: see LoginVerdict. Where another use of it is under way that will show whether it is
 * right, that is waited for, at the most `ms` milliseconds; but a use that is silent for long is nobody else's fault, so after a
 * part of that time the next in line tries beside it.
 * @throws {ConnectError} PROXY_AUTH_REJECTED where it was refused already, SECRET_COMMAND_FAILED, PROXY_TIMEOUT
 * @throws the signal's reason after an abort
 */
export async function takeLogin(place: LoginTarget, ms: number): Promise<LoginUse | undefined> {
  const { proxy, target, system, signal } = place;
  const source = knownSource(proxy);
  if (source === undefined) return undefined;
  const end = system.monotonic() + ms;
  for (;;) {
    const login = await currentLogin(place, source);
    if (login === undefined) return undefined;
    await refuseKnown(place, source, login);
    const { verdict } = login;
    // Each wait may have changed everything: what is asked from here on is asked in one go.
    if (source.latest !== login) continue;
    const wait = source.renewing ?? (verdict.isGood ? undefined : verdict.trial);
    if (wait === undefined)
      return new LoginUse(source, login, place, verdict.send(target, Math.min(headStart, ms / 4)));
    await until(wait, signal, Math.max(0, end - system.monotonic()), () => undecided(proxy, ms));
  }
}

/**
 * Fails where the login is known to be refused, without asking the proxy again.
 * @throws {ConnectError} PROXY_AUTH_REJECTED
 */
export async function refuseRemembered(place: LoginTarget): Promise<void> {
  const source = sourceOf(place.proxy);
  if (source.latest !== undefined) await refuseKnown(place, source, source.latest);
}

/** A login for which the first user is out to see what the proxy thinks of it is left to that one for so long, in milliseconds. */
const headStart = 5000;

async function refuseKnown(place: LoginTarget, source: LoginSource, login: Login): Promise<void> {
  const { proxy, target, system } = place;
  const pause = login.verdict.pause(target, system.monotonic());
  if (pause === 0 && !login.verdict.isRefused) return;
  // It may have been corrected in the meantime. Where that cannot be found out, the refusal is still what there is to tell.
  const renewed = await within(
    place,
    source.renewed(login, system).catch(() => false),
  );
  if (!renewed && pause > 0) throw refusedBefore(proxy, pause);
}

function until<T>(
  wait: Promise<T>,
  signal: Abortable | undefined,
  ms = Number.POSITIVE_INFINITY,
  overdue: () => Error = () => new Error("overdue"),
): Promise<T> {
  return bounded(ms, signal, overdue, () => wait);
}

/** One use of a login: what becomes of it is told here, and so to everyone else who has it. */
export class LoginUse {
  readonly #source: LoginSource;
  readonly #login: Login;
  readonly #place: LoginTarget;
  readonly #sent: Sent;
  #refused = false;

  constructor(source: LoginSource, login: Login, place: LoginTarget, sent: Sent) {
    this.#source = source;
    this.#login = login;
    this.#place = place;
    this.#sent = sent;
  }

  get credentials(): Credentials {
    return this.#login.credentials;
  }

  /** Another use on the same connection. */
  again(target: string): LoginUse {
    return new LoginUse(this.#source, this.#login, { ...this.#place, target }, this.#login.verdict.sendAgain(target));
  }

  /** Not, or no longer, a login that is sent without a further question: its connection is not for further requests. */
  get isOutdated(): boolean {
    const { latest } = this.#source;
    return !this.#login.verdict.isGood || !latest || !sameCredentials(latest.credentials, this.credentials);
  }

  /** An HTTP proxy's answer that asks for no login. */
  answered(status: number): void {
    if (provesLogin(status)) this.accepted();
    else this.unanswered();
  }

  accepted(): void {
    this.#login.verdict.accepted(this.#sent);
    this.#source.wasOfUse(this.#login);
  }

  refused(): void {
    this.#refused = true;
    this.#login.verdict.refused(this.#sent, this.#place.system.monotonic());
    // Begun at once, so that nobody takes the refused one in the meantime. Whoever wants to know is told by `renewed`.
    this.#source.renewed(this.#login, this.#place.system).catch(() => undefined);
  }

  /** It came to nothing, for other reasons. */
  unanswered(): void {
    this.#login.verdict.unanswered(this.#sent);
  }

  /**
   * Whether this use was refused, and there is another secret now to try with.
   * @throws {ConnectError} SECRET_COMMAND_FAILED; the signal's reason after an abort
   */
  async renewed(signal: Abortable | undefined): Promise<boolean> {
    return this.#refused && until(this.#source.renewed(this.#login, this.#place.system), signal);
  }
}

/**
 * What is answered only to whom the proxy has let in: it went and asked the target. Others, a 403 or 503 or a redirect to a page of
 * its own, may come before it has looked at the login.
 */
export function provesLogin(status: number): boolean {
  return (status >= 200 && status < 300) || [304, 401, 404, 502, 504].includes(status);
}
