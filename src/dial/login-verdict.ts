import { createHmac, randomBytes } from "node:crypto";
import type { ProxyServer } from "../policy/types.js";
import { clearTimeout, setTimeout } from "../base/timers.js";

export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** A helper's answer that is sent as it is; there is neither user nor password then. */
  readonly header?: AuthorizationHeader;
}

/** A value of `Proxy-Authorization` that somebody else made. */
export interface AuthorizationHeader {
  /** In lower case. */
  readonly scheme: string;
  readonly value: string;
  /** It is good for one connection alone. */
  readonly bound: boolean;
}

/**
 * For how long a refused login is left alone: half a minute, then 2, 8, and 30 minutes. Directories lock an account after some
 * five wrong logins within a quarter of an hour or more; these are four in the first 40 minutes.
 */
export function pauseAfter(refusals: number): number {
  return Math.min(30_000 * 4 ** (refusals - 1), 30 * 60_000);
}

/** How many targets are remembered for each login. */
const rememberedTargets = 256;

/** Counts what is begun and what is refused, over all logins: which came first decides. */
let sequence = 0;

/** One time that a login was sent. */
export interface Sent {
  readonly target: string;
  readonly at: number;
  /** The login was known to be good then. */
  readonly known: boolean;
  readonly trial: Trial | undefined;
}

/** A login whose first use is under way. */
interface Trial {
  readonly over: Promise<void>;
  end(): void;
}

/**
 * What a proxy thinks of one login, with one secret. It is asked before the login is sent, by everyone in this process, so that a
 * wrong one is sent once and no more:
 *
 * - Until a login has proved good it is sent by one at a time (a trial); the others wait for what the proxy says.
 * - Refused, it is not sent again by anyone before a pause is over, and then by one alone.
 * - A proxy may also refuse some targets to a good login with the same 407 (squid does, where a rule for users denies). So one that
 *   has proved good and is refused for a target that it never reached is in doubt: that target waits for the pause, and the login
 *   is on trial at the next one. Accepted there, it is good; refused, it is refused for all. A refusal at a target that it did
 *   reach before is about the login and leaves no doubt. So a secret that has ceased to be good is sent once more at most.
 */
export class LoginVerdict {
  readonly #reached = new Set<string>();
  readonly #refusedAt = new Map<string, number>();
  #good = false;
  #lastRefusal = 0;
  #refusals = 0;
  /** Milliseconds on the monotonic clock. */
  #pauseEnd = 0;
  #trial: Trial | undefined;

  get isGood(): boolean {
    return this.#good;
  }

  /** It was refused for all, and has not been accepted since. */
  get isRefused(): boolean {
    return this.#refusals > 0;
  }

  /** Milliseconds for which it is not to be sent for this target; 0: it may be. */
  pause(target: string, now: number): number {
    return Math.max(0, this.#pauseEnd - now, (this.#refusedAt.get(target) ?? 0) - now);
  }

  /** Whose first use others wait for. */
  get trial(): Promise<void> | undefined {
    return this.#trial?.over;
  }

  /** To be called where the login is good or no trial is under way. `patience`: how long others wait at the most, in milliseconds. */
  send(target: string, patience: number): Sent {
    if (!this.#good) this.#trial = makeTrial(patience, () => (this.#trial = undefined));
    return { target, at: ++sequence, known: this.#good, trial: this.#trial };
  }

  /** The same on a connection that it was sent on before. */
  sendAgain(target: string): Sent {
    return { target, at: ++sequence, known: this.#good, trial: undefined };
  }

  accepted({ target, at }: Sent): void {
    // What was accepted before the refusal came says nothing about what is so now.
    if (at < this.#lastRefusal) return;
    remember(this.#reached, target);
    this.#refusedAt.delete(target);
    this.#good = true;
    this.#refusals = 0;
    this.#pauseEnd = 0;
    this.#endTrial();
  }

  refused({ target, known }: Sent, now: number): void {
    this.#lastRefusal = ++sequence;
    this.#good = false;
    if (known && !this.#reached.has(target)) {
      this.#refuseTarget(target, now + pauseAfter(1));
    } else if (this.#pauseEnd <= now) {
      this.#refusals++;
      this.#pauseEnd = now + pauseAfter(this.#refusals);
      // Not this one tries it next: a target that is refused to everybody would be mistaken for a wrong login for ever.
      this.#refuseTarget(target, this.#pauseEnd + pauseAfter(1));
    }
    this.#endTrial();
  }

  /** A use ended without a word on the login: the next one may try. */
  unanswered({ trial }: Sent): void {
    if (trial === this.#trial) this.#endTrial();
  }

  #endTrial(): void {
    this.#trial?.end();
  }

  #refuseTarget(target: string, until: number): void {
    this.#refusedAt.delete(target);
    this.#refusedAt.set(target, until);
    const oldest = this.#refusedAt.keys().next().value;
    if (this.#refusedAt.size > rememberedTargets && oldest !== undefined) this.#refusedAt.delete(oldest);
  }
}

function makeTrial(patience: number, ended: () => void): Trial {
  let settle = (): void => undefined;
  const over = new Promise<void>((resolve) => (settle = resolve));
  let isOver = false;
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    ended();
    settle();
  };
  // Who waits has a bound of its own that keeps the process.
  const timer = setTimeout(end, patience).unref();
  return { over, end };
}

function remember(set: Set<string>, value: string): void {
  set.delete(value);
  set.add(value);
  const oldest = set.values().next().value;
  if (set.size > rememberedTargets && oldest !== undefined) set.delete(oldest);
}

const rememberedLogins = 256;
const verdicts = new Map<string, LoginVerdict>();
/** So that what is remembered cannot be compared with a list of likely passwords. */
const salt = randomBytes(32);

/**
 * The verdict on a login: one for the whole process, so that settings that are read again do not try a refused secret again. The
 * secret itself is not kept.
 */
export function verdictOn({ host, port }: ProxyServer, { username, password, header }: Credentials): LoginVerdict {
  // Values for one connection each have one verdict: they stand for the same user, and there are too many of them.
  const given = header && [header.bound ? header.scheme : header.value];
  const key = createHmac("sha256", salt)
    .update(JSON.stringify([host, port, username, password, ...(given ?? [])]))
    .digest("base64");
  const verdict = verdicts.get(key) ?? new LoginVerdict();
  // Re-inserted, so that the Map's order is the order of use.
  verdicts.delete(key);
  verdicts.set(key, verdict);
  const oldest = verdicts.keys().next().value;
  if (verdicts.size > rememberedLogins && oldest !== undefined) verdicts.delete(oldest);
  return verdict;
}
