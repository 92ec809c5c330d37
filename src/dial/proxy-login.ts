import type { ConnectError } from "../base/errors.js";
import type { System } from "../base/system.js";
import { formatProxy } from "../policy/index.js";
import type { AuthHelper, ProxyServer, Setting } from "../policy/types.js";
import type { Abortable } from "./abortable.js";
import { bounded } from "./bounded.js";
import { refusedBefore, slowLogin, undecided } from "./faults.js";
import { helperFor } from "./login/allowed.js";
import { rejected } from "./login/faults.js";
import type { DialContext } from "./types.js";
import { isForOneUse, LoginSource, sameCredentials, type Asking, type Login } from "./login-source.js";
import type { Credentials, Sent } from "./login-verdict.js";

export type { Credentials } from "./login-verdict.js";

/** Kept for the life of the setting's object: a new policy asks again. */
const sources = new WeakMap<ProxyServer, LoginSource>();

/** The same for a helper: settings for https and http often name one proxy, of which it is asked once. */
const helped = new WeakMap<Setting<AuthHelper>, Map<string, LoginSource>>();

function sourceOf({ proxy, helper }: Pick<LoginTarget, "proxy" | "helper">): LoginSource {
  if (helper !== undefined) return helpedSource(proxy, helper);
  const known = sources.get(proxy) ?? new LoginSource(proxy);
  sources.set(proxy, known);
  return known;
}

function helpedSource(proxy: ProxyServer, helper: Setting<AuthHelper>): LoginSource {
  const ofHelper = helped.get(helper) ?? new Map<string, LoginSource>();
  helped.set(helper, ofHelper);
  const name = formatProxy(proxy);
  const known = ofHelper.get(name) ?? new LoginSource(proxy, helper);
  ofHelper.set(name, known);
  return known;
}

/** The login that is used without a question: a configured one, or a helper's or stored one once the proxy has asked for a login. */
function knownSource(place: Pick<LoginTarget, "proxy" | "helper">): LoginSource | undefined {
  const source = sourceOf(place);
  return source.isConfigured || source.latest !== undefined ? source : undefined;
}

/** The login that is configured for this proxy, if there is one. A command or file is asked once. */
export async function proxyCredentials(proxy: ProxyServer, system: System): Promise<Credentials | undefined> {
  const asking = { system, challenge: undefined };
  return (await knownSource({ proxy, helper: undefined })?.current(asking))?.credentials;
}

/**
 * Has the helper's answer at hand, where this proxy may be given it, for one whose time does not count yet. Never rejects: a proxy that
 * wants no login needs no helper, and at one that does the dial says what is wrong.
 */
export async function askHelperAhead({ policy, system }: DialContext, proxy: ProxyServer): Promise<void> {
  const helper = helperFor(policy, proxy);
  if (helper === undefined) return;
  await sourceOf({ proxy, helper })
    .current({ system, challenge: undefined })
    .catch(() => undefined);
}

/**
 * Whether the helper gives a login for this proxy, or the user has stored one, where none is configured. It is then used by everyone from
 * now on. To be asked where the proxy asks for one, and not before: the keyring may want a password of its own.
 * @throws {ConnectError} KEYRING_UNAVAILABLE, PROXY_LOGIN_UNREADABLE, SECRET_COMMAND_FAILED
 * @throws the signal's reason after an abort
 */
export async function findLogin(place: LoginTarget): Promise<boolean> {
  const source = sourceOf(place);
  return !source.isConfigured && (await currentLogin(place, source)) !== undefined;
}

/**
 * The same within one dial, for a login that no proxy judges.
 * @throws {ConnectError} SECRET_COMMAND_FAILED; the signal's reason after an abort
 */
export async function nameFor(place: LoginTarget): Promise<Credentials | undefined> {
  const source = knownSource(place);
  return source && (await currentLogin(place, source))?.credentials;
}

function currentLogin(place: LoginTarget, source: LoginSource): Promise<Login | undefined> {
  return within(place, source.current(askingOf(place)));
}

const askingOf = ({ system, challenge }: LoginTarget): Asking => ({ system, challenge });

/** What comes of a command or file, as far as the dial can wait for it. */
function within<T>(place: LoginTarget, wait: Promise<T>): Promise<T> {
  const ms = place.left();
  return until(wait, place.signal, ms, () => slowLogin(place.proxy, ms, sourceOf(place).helperName));
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
  /** What gives the login where the proxy's setting has none. */
  readonly helper?: Setting<AuthHelper> | undefined;
  /** What came with the proxy's last 407. */
  readonly challenge?: string | undefined;
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
  const source = knownSource(place);
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
    if (wait === undefined) {
      const sent = verdict.send(target, Math.min(headStart, ms / 4));
      const own = isForOneUse(login) ? await ownLogin(place, source, login, sent) : login;
      if (own !== undefined) return new LoginUse(source, own, place, sent);
      continue;
    }
    await until(wait, signal, Math.max(0, end - system.monotonic()), () => undecided(proxy, ms));
  }
}

/** Undefined where the helper has gone over to logins of another kind. */
async function ownLogin(place: LoginTarget, source: LoginSource, login: Login, sent: Sent): Promise<Login | undefined> {
  let own: Login | undefined;
  try {
    own = await within(place, source.forOneUse(login, askingOf(place)));
    return own?.verdict === login.verdict ? own : undefined;
  } finally {
    if (own?.verdict !== login.verdict) login.verdict.unanswered(sent);
  }
}

/**
 * Fails where the login is known to be refused, without asking the proxy again.
 * @throws {ConnectError} PROXY_AUTH_REJECTED
 */
export async function refuseRemembered(place: LoginTarget): Promise<void> {
  const source = sourceOf(place);
  if (source.latest !== undefined) await refuseKnown(place, source, source.latest);
}

/** A login for which the first user is out to see what the proxy thinks of it is left to that one for so long, in milliseconds. */
const headStart = 5000;

async function refuseKnown(place: LoginTarget, source: LoginSource, login: Login): Promise<void> {
  const { proxy, target, system } = place;
  const pause = login.verdict.pause(target, system.monotonic());
  if (pause === 0 && !login.verdict.isRefused) return;
  // It may have been corrected in the meantime. Where that cannot be found out, the refusal is still what there is to tell.
  const renewed = isForOneUse(login)
    ? source.hasRenewed
    : await within(
        place,
        source.renewed(login, askingOf(place)).catch(() => false),
      );
  if (!renewed && pause > 0) throw refusedBefore(proxy, pause, source.helperName);
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
  #challenge: string | undefined;

  constructor(source: LoginSource, login: Login, place: LoginTarget, sent: Sent) {
    this.#source = source;
    this.#login = login;
    this.#place = place;
    this.#sent = sent;
  }

  get credentials(): Credentials {
    return this.#login.credentials;
  }

  /** How a person knows the helper that gave it; undefined where none did. */
  get helperName(): string | undefined {
    return this.#source.helperName;
  }

  /** What is to be told where the proxy has refused what a helper gave. */
  get refusedHelper(): ConnectError | undefined {
    const { helperName } = this.#source;
    return this.#refused && helperName !== undefined ? rejected(this.#place.proxy, helperName) : undefined;
  }

  /** Another use on the same connection. */
  again(target: string): LoginUse {
    return new LoginUse(this.#source, this.#login, { ...this.#place, target }, this.#login.verdict.sendAgain(target));
  }

  /** Not, or no longer, a login that is sent without a further question: its connection is not for further requests. */
  get isOutdated(): boolean {
    const { latest } = this.#source;
    if (isForOneUse(this.#login)) return !this.#login.verdict.isGood;
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

  /** @param challenge what came with the refusal */
  refused(challenge?: string): void {
    this.#refused = true;
    this.#challenge = challenge;
    this.#login.verdict.refused(this.#sent, this.#place.system.monotonic());
    // Begun at once, so that nobody takes the refused one in the meantime. Whoever wants to know is told by `renewed`.
    this.#source.renewed(this.#login, this.#asking).catch(() => undefined);
  }

  get #asking(): Asking {
    return { system: this.#place.system, challenge: this.#challenge };
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
    return this.#refused && until(this.#source.renewed(this.#login, this.#asking), signal);
  }
}

/**
 * What is answered only to whom the proxy has let in: it went and asked the target. Others, a 403 or 503 or a redirect to a page of
 * its own, may come before it has looked at the login.
 */
export function provesLogin(status: number): boolean {
  return (status >= 200 && status < 300) || [304, 401, 404, 502, 504].includes(status);
}
