import type { System } from "../base/system.js";
import { resolveSecret, settingName } from "../policy/index.js";
import type { AuthHelper, ProxyLogin, ProxyServer, Setting } from "../policy/types.js";
import { askHelper } from "./login/helper.js";
import { pauseAfter, verdictOn, type Credentials, type LoginVerdict } from "./login-verdict.js";
import { setTimeout } from "../base/timers.js";

/** A login with the secret that it has at the moment. */
export interface Login {
  readonly credentials: Credentials;
  readonly verdict: LoginVerdict;
  /** It came when the one before it was refused. */
  readonly isRenewed: boolean;
}

/** What is asked of a source. */
export interface Asking {
  readonly system: System;
  /** What came with the proxy's last 407, where there was one. */
  readonly challenge: string | undefined;
  /** What was given before has been refused. */
  readonly afresh?: boolean;
}

/** A file that is being written: how often, and how many milliseconds apart, it is read until it stays as it is. */
const readings = 20;
const betweenReadings = 50;

/** Milliseconds after which a command is asked again that failed when its last answer was too old: that one, proved good, serves meanwhile. */
const afterFailure = 30_000;

/**
 * Where the login at one proxy comes from: from its setting, else from the helper, or else from what the user has stored for it. A command
 * runs once and not for each connection, again when its answer is too old, and once more for all who were refused. What it gives for one
 * connection alone is given to one use, and the next one has it run again.
 */
export class LoginSource {
  readonly #proxy: ProxyServer;
  readonly #setting: ProxyLogin | undefined;
  readonly #helper: Setting<AuthHelper> | undefined;
  #asked: Promise<Login | undefined> | undefined;
  #latest: Login | undefined;
  /** Of one that is for one connection: it has been given to one. */
  #spent = false;
  /** Milliseconds on the monotonic clock, from which on the latest one is too old. */
  #oldAt = Number.POSITIVE_INFINITY;
  #renewing: Promise<void> | undefined;
  /** Times that it was asked again since a secret out of that was of use. */
  #renewals = 0;
  /** Milliseconds on the monotonic clock, before which a command is not run again. */
  #notBefore = 0;

  /** @param helper what is asked where the proxy's setting has no login */
  constructor(proxy: ProxyServer, helper?: Setting<AuthHelper>) {
    this.#proxy = proxy;
    this.#setting = proxy.login;
    this.#helper = this.#setting === undefined ? helper : undefined;
  }

  /** The setting has one. */
  get isConfigured(): boolean {
    return this.#setting !== undefined;
  }

  /** How a person knows where it comes from, where that is the helper. */
  get helperName(): string | undefined {
    return this.#helper && settingName(this.#helper.source);
  }

  /**
   * Asks the command, the file or the store the first time, and when the answer is too old. Undefined where nothing is stored, which is looked
   * for again by whoever asks next. Not bound to one dial's signal: others wait for the same answer.
   */
  current(asking: Asking): Promise<Login | undefined> {
    const latest = this.#latest;
    if (latest !== undefined && asking.system.monotonic() < this.#oldAt) return Promise.resolve(latest);
    this.#asked ??= this.#ask(asking)
      .then(
        (login) => this.#take(login, asking.system),
        (error: unknown) => {
          // A failed command is run again by the next dial.
          if (latest === undefined || !latest.verdict.isGood) throw error;
          this.#oldAt = asking.system.monotonic() + afterFailure;
          return latest;
        },
      )
      .finally(() => (this.#asked = undefined));
    return this.#asked;
  }

  /** An answer that is like the one before is the same login. */
  #take(login: Login | undefined, system: System): Login | undefined {
    this.#oldAt = system.monotonic() + this.#lifetime;
    this.#spent = false;
    if (login === undefined || this.#latest === undefined || !isSame(login, this.#latest)) this.#latest = login;
    return this.#latest;
  }

  get #lifetime(): number {
    const password = this.#setting?.password;
    const ttl = password?.kind === "command" ? password.ttl : this.#helper?.value.ttl;
    return ttl ?? Number.POSITIVE_INFINITY;
  }

  /**
   * `login`, or where that is for one connection and has been used, another one like it, which belongs to the caller.
   * @throws {ConnectError} SECRET_COMMAND_FAILED
   */
  async forOneUse(login: Login, asking: Asking): Promise<Login | undefined> {
    if (!isForOneUse(login)) return login;
    if (login === this.#latest && !this.#spent) {
      this.#spent = true;
      return login;
    }
    const other = await this.#ask(asking);
    if (other !== undefined && !isForOneUse(other)) this.#take(other, asking.system);
    return other;
  }

  /** What was asked for last. */
  get latest(): Login | undefined {
    return this.#latest;
  }

  /** Another secret is being asked for: it is not the time to use this one. Never rejects. */
  get renewing(): Promise<void> | undefined {
    return this.#renewing?.catch(() => undefined);
  }

  /**
   * Whether there is another secret than the refused one. Asks for it, once for all who want to know at the same time. A file is
   * read each time; a command is left alone for a pause, unless what it gave when it was last asked again has been of use.
   * @throws {ConnectError} SECRET_COMMAND_FAILED
   */
  async renewed(refused: Login, asking: Asking): Promise<boolean> {
    const kind = this.#setting?.password.kind ?? (this.#helper === undefined ? "stored" : "command");
    if (kind === "inline") return false;
    if (!this.#isOther(refused)) {
      const now = asking.system.monotonic();
      if (this.#renewing === undefined && kind === "command" && now < this.#notBefore) return false;
      this.#renewing ??= this.#renew(refused, asking, now).finally(() => (this.#renewing = undefined));
      await this.#renewing;
    }
    return this.#isOther(refused);
  }

  /** There is an unused one that came after a refusal: the pause is not for that. */
  get hasRenewed(): boolean {
    return this.#latest?.isRenewed === true && !this.#spent;
  }

  /** The proxy has taken this login. */
  wasOfUse(login: Login): void {
    if (login !== this.#latest || !login.isRenewed) return;
    this.#renewals = 0;
    this.#notBefore = 0;
  }

  #isOther(login: Login): boolean {
    if (isForOneUse(login)) return this.hasRenewed;
    return this.#latest !== undefined && !isSame(this.#latest, login);
  }

  async #renew(refused: Login, asking: Asking, now: number): Promise<void> {
    this.#notBefore = now + pauseAfter(++this.#renewals);
    const isFile = this.#setting?.password.kind === "file";
    const login = await (isFile ? this.#readSettled(refused, asking) : this.#ask({ ...asking, afresh: true }));
    // Removed from the store: it is still the refused one for who holds it.
    const isOther = login !== undefined && !isSame(login, refused);
    this.#latest = { ...(isOther ? login : refused), isRenewed: isOther };
    this.#spent = !isOther;
    this.#oldAt = asking.system.monotonic() + this.#lifetime;
  }

  /** A file may be found empty, or half written: another secret counts when two readings in a row have seen the same. */
  async #readSettled(refused: Login, asking: Asking): Promise<Login | undefined> {
    let before: Login | undefined;
    for (let left = readings; ; left--) {
      try {
        const login = await this.#ask(asking);
        if (
          login === undefined ||
          left === 0 ||
          isSame(login, refused) ||
          (before !== undefined && isSame(login, before))
        )
          return login;
        before = login;
      } catch (error) {
        if (left === 0) throw error;
        before = undefined;
      }
      await new Promise((resolve) => setTimeout(resolve, betweenReadings));
    }
  }

  async #ask(asking: Asking): Promise<Login | undefined> {
    const credentials = await this.#credentials(asking);
    return credentials && { credentials, verdict: verdictOn(this.#proxy, credentials), isRenewed: false };
  }

  #credentials(asking: Asking): Promise<Credentials | undefined> {
    if (this.#setting !== undefined) return fromSetting(this.#setting, asking);
    return this.#helper === undefined ? this.#stored(asking.system) : askHelper(this.#helper, this.#proxy, asking);
  }

  async #stored(system: System): Promise<Credentials | undefined> {
    const login = await system.storedLogins?.read(this.#proxy);
    return login && { username: login.username, password: login.password.reveal() };
  }
}

async function fromSetting({ username, password }: ProxyLogin, { system, afresh }: Asking): Promise<Credentials> {
  return { username, password: (await resolveSecret(password, system, { afresh: afresh === true })).reveal() };
}

const isSame = (one: Login, other: Login): boolean => sameCredentials(one.credentials, other.credentials);

export function sameCredentials(one: Credentials, other: Credentials): boolean {
  return (
    one.username === other.username && one.password === other.password && one.header?.value === other.header?.value
  );
}

/** It belongs to one connection, and is of no use on another. */
export const isForOneUse = ({ credentials }: Pick<Login, "credentials">): boolean => credentials.header?.bound === true;
