import type { System } from "../base/system.js";
import { resolveSecret } from "../policy/index.js";
import type { ProxyLogin, ProxyServer } from "../policy/types.js";
import { pauseAfter, verdictOn, type Credentials, type LoginVerdict } from "./login-verdict.js";
import { setTimeout } from "../base/timers.js";

/** A login with the secret that it has at the moment. */
export interface Login {
  readonly credentials: Credentials;
  readonly verdict: LoginVerdict;
  /** It came when the one before it was refused. */
  readonly isRenewed: boolean;
}

/** A file that is being written: how often, and how many milliseconds apart, it is read until it stays as it is. */
const readings = 20;
const betweenReadings = 50;

/**
 * Where the login at one proxy comes from: from its setting, or else from what the user has stored for it. A command runs once and not for
 * each connection, and once more for all who were refused.
 */
export class LoginSource {
  readonly #proxy: ProxyServer;
  readonly #setting: ProxyLogin | undefined;
  #asked: Promise<Login | undefined> | undefined;
  #latest: Login | undefined;
  #renewing: Promise<void> | undefined;
  /** Times that it was asked again since a secret out of that was of use. */
  #renewals = 0;
  /** Milliseconds on the monotonic clock, before which a command is not run again. */
  #notBefore = 0;

  constructor(proxy: ProxyServer) {
    this.#proxy = proxy;
    this.#setting = proxy.login;
  }

  /** The setting has one. */
  get isConfigured(): boolean {
    return this.#setting !== undefined;
  }

  /**
   * Asks the command, the file or the store the first time. Undefined where nothing is stored, which is looked for again by whoever asks next.
   * Not bound to one dial's signal: others wait for the same answer.
   */
  current(system: System): Promise<Login | undefined> {
    if (this.#latest !== undefined) return Promise.resolve(this.#latest);
    this.#asked ??= this.#ask(system).then(
      (login) => {
        if (login === undefined) this.#asked = undefined;
        return (this.#latest = login);
      },
      (error: unknown) => {
        // A failed command is run again by the next dial.
        this.#asked = undefined;
        throw error;
      },
    );
    return this.#asked;
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
  async renewed(refused: Login, system: System): Promise<boolean> {
    const kind = this.#setting?.password.kind ?? "stored";
    if (kind === "inline") return false;
    if (!this.#isOther(refused)) {
      const now = system.monotonic();
      if (this.#renewing === undefined && kind === "command" && now < this.#notBefore) return false;
      this.#renewing ??= this.#renew(refused, system, now).finally(() => (this.#renewing = undefined));
      await this.#renewing;
    }
    return this.#isOther(refused);
  }

  /** The proxy has taken this login. */
  wasOfUse(login: Login): void {
    if (login !== this.#latest || !login.isRenewed) return;
    this.#renewals = 0;
    this.#notBefore = 0;
  }

  #isOther(login: Login): boolean {
    return this.#latest !== undefined && !isSame(this.#latest, login);
  }

  async #renew(refused: Login, system: System, now: number): Promise<void> {
    this.#notBefore = now + pauseAfter(++this.#renewals);
    const isFile = this.#setting?.password.kind === "file";
    const login = isFile ? await this.#readSettled(refused, system) : await this.#ask(system);
    // Removed from the store: it is still the refused one for who holds it.
    if (login === undefined || isSame(login, refused)) this.#latest = { ...refused, isRenewed: false };
    else this.#latest = { ...login, isRenewed: true };
  }

  /** A file may be found empty, or half written: another secret counts when two readings in a row have seen the same. */
  async #readSettled(refused: Login, system: System): Promise<Login | undefined> {
    let before: Login | undefined;
    for (let left = readings; ; left--) {
      try {
        const login = await this.#ask(system);
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

  async #ask(system: System): Promise<Login | undefined> {
    const credentials = await (this.#setting === undefined ? this.#stored(system) : fromSetting(this.#setting, system));
    return credentials && { credentials, verdict: verdictOn(this.#proxy, credentials), isRenewed: false };
  }

  async #stored(system: System): Promise<Credentials | undefined> {
    const login = await system.storedLogins?.read(this.#proxy);
    return login && { username: login.username, password: login.password.reveal() };
  }
}

async function fromSetting({ username, password }: ProxyLogin, system: System): Promise<Credentials> {
  return { username, password: (await resolveSecret(password, system)).reveal() };
}

const isSame = (one: Login, other: Login): boolean => sameCredentials(one.credentials, other.credentials);

export function sameCredentials(one: Credentials, other: Credentials): boolean {
  return one.username === other.username && one.password === other.password;
}
