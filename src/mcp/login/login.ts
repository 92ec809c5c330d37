import type { ConnectError } from "../../base/errors.js";
import type { Challenge, McpLogin } from "../types.js";
import { boundThumbprint } from "../fetch/token-binding.js";
import { shownTo } from "../fetch/bound-requests.js";
import { readChallenge, type BearerChallenge } from "./challenge.js";
import { scopeRefused, tokenRefused } from "./faults.js";
import { Renewal, type Reason } from "./renewal.js";
import type { LoginOptions, StoredLogin } from "./types.js";

/** A token that is refused within this many milliseconds of being had was not let go by age. */
const fresh = 60_000;
/** For how long a server that refuses what it has just given is not asked again. */
const sulk = 600_000;

/** OAuth for one server, for the requests of one process. */
export class Login implements McpLogin {
  readonly #options: LoginOptions;
  readonly #renewal: Renewal;
  readonly #closing = new AbortController();
  #login: StoredLogin | undefined;
  #loaded: Promise<void> | undefined;
  /** When its token was had, on this process's clock; of one that was read it is not known. */
  #since = 0;
  /** How many requests took the token. */
  #uses = 0;
  /** Tokens in a row that were refused fresh. */
  #refusals = 0;
  #running: Promise<void> | undefined;
  #given: { readonly fault: ConnectError; readonly token: string; readonly at: number } | undefined;

  constructor(options: LoginOptions) {
    this.#options = options;
    this.#renewal = new Renewal(options);
  }

  async authorization(signal?: AbortSignal): Promise<string | undefined> {
    await settled(this.#load(), signal);
    const tokens = this.#login?.tokens;
    if (
      tokens !== undefined &&
      (this.#isOver() || (await this.#isBoundElsewhere())) &&
      this.#renewal.canRefresh(this.#login)
    )
      // Where that fails the server says so: it may have another opinion of what is over.
      await settled(this.#renew({ kind: "expired" }), signal).catch(() => signal?.throwIfAborted());
    const access = this.#login?.tokens?.access;
    if (access === undefined) return undefined;
    this.#uses++;
    return `Bearer ${access}`;
  }

  async challenged({ status, header, sent }: Challenge, signal?: AbortSignal): Promise<boolean> {
    await settled(this.#load(), signal);
    const challenge = readChallenge(header);
    if (status !== 401 && challenge.error !== "insufficient_scope") return false;
    const access = this.#login?.tokens?.access;
    // Another request has been here before.
    if (access !== undefined && sent !== undefined && sent !== `Bearer ${access}`) return true;
    // A login that is under way is this request's as well.
    if (this.#running === undefined) this.#judge(status, challenge, sent === undefined ? undefined : access);
    await settled(this.#renew(this.#reasonFor(status, challenge)), signal);
    return true;
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error("the bridge is closing"));
    await this.#running?.catch(() => undefined);
  }

  /** Once, unless that fails: a locked keyring can be unlocked meanwhile. */
  #load(): Promise<void> {
    this.#loaded ??= this.#renewal.stored().then(
      (login) => void (this.#login = login),
      (error: unknown) => {
        this.#loaded = undefined;
        throw error;
      },
    );
    return this.#loaded;
  }

  /** @throws {ConnectError} OAUTH_TOKEN_REFUSED where another login would end as this one did */
  #judge(status: number, { scope }: BearerChallenge, access: string | undefined): void {
    const { server, system } = this.#options;
    const now = system.monotonic();
    if (access === undefined) return;
    if (this.#given?.token === access && now - this.#given.at < sulk) throw this.#given.fault;
    const give = (fault: ConnectError): never => {
      this.#given = { fault, token: access, at: now };
      throw fault;
    };
    if (status === 403) {
      const asked = (this.#login?.requestedScope ?? "").split(" ");
      // Without a name of what is missing there is nothing else to ask for.
      if ((scope ?? "").split(" ").every((each) => each === "" || asked.includes(each)))
        give(scopeRefused(server.host, scope ?? ""));
      return;
    }
    const isFresh = this.#since !== 0 && now - this.#since < fresh;
    this.#refusals = isFresh ? this.#refusals + 1 : 0;
    const isFirstUse = isFresh && this.#uses <= 1 && this.#renewal.last === "login";
    if (isFirstUse || this.#refusals > 1) give(tokenRefused(server.host));
  }

  #reasonFor(status: number, challenge: BearerChallenge): Reason {
    if (status === 403) return { kind: "step-up", challenge };
    const isFresh = this.#since !== 0 && this.#options.system.monotonic() - this.#since < fresh;
    // What a refresh gave was refused at once: a refresh will not do.
    return { kind: "refused", challenge, refreshed: isFresh && this.#renewal.last === "refresh" };
  }

  /** Once for all that ask while it runs. */
  #renew(reason: Reason): Promise<void> {
    this.#running ??= this.#renewal
      .renew(this.#login, reason, this.#closing.signal)
      .then((login) => {
        const isOther = login.tokens?.access !== this.#login?.tokens?.access;
        this.#login = login;
        if (isOther) [this.#since, this.#uses] = [this.#options.system.monotonic(), 0];
      })
      .finally(() => (this.#running = undefined));
    return this.#running;
  }

  /** By durations alone: what a clock shows has no part in it, except for a token of another process. */
  #isOver(): boolean {
    const { lifetime, obtainedAt } = this.#login?.tokens ?? {};
    if (lifetime === undefined || obtainedAt === undefined) return false;
    const { system } = this.#options;
    const age = this.#since === 0 ? system.now() - obtainedAt : system.monotonic() - this.#since;
    return age > lifetime * 1000 - Math.min(30_000, lifetime * 100);
  }

  async #isBoundElsewhere(): Promise<boolean> {
    const bound = boundThumbprint(this.#login?.tokens?.access ?? "");
    if (bound === undefined) return false;
    return (await shownTo(this.#options.network, this.#options.server)).thumbprint !== bound;
  }
}

/** A request that is given up waits no longer; what it waited for goes on for the others. */
function settled<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
