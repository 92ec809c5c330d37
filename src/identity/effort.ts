import { readChildren, readInteger, readOid, tags, type DerElement } from "../base/der.js";
import { tooManyRounds } from "./faults-key.js";

/**
 * Rounds of a key derivation beyond which a file is not opened. Exporters use some thousands to a million; a file may ask for
 * 2^63 of them, which is for ever.
 */
export const mostRounds = 10_000_000;
/** For all derivations of one file: a PKCS#12 store has three to seven, and a made one thousands. */
const mostInAll = 10 * mostRounds;

/** The file asks for more work than any that is in use. */
export class CostlyDerivationError extends Error {
  constructor() {
    super(tooManyRounds(mostRounds));
  }
}

/** Counts the rounds of one file before they are done. */
export class Effort {
  readonly signal: AbortSignal | undefined;
  #left = mostInAll;

  constructor(signal?: AbortSignal) {
    this.signal = signal;
  }

  /** @throws CostlyDerivationError, also for a number that is none that a count can be. */
  spend(rounds: number): number {
    this.signal?.throwIfAborted();
    this.#left -= checkRounds(rounds);
    if (this.#left < 0) throw new CostlyDerivationError();
    return rounds;
  }
}

function checkRounds(rounds: number): number {
  if (rounds < 1) throw new RangeError("a count of rounds below one");
  if (rounds > mostRounds) throw new CostlyDerivationError();
  return rounds;
}

/** A count of rounds as it is written; beyond six octets it is Infinity. */
export function readRounds(element: DerElement): number {
  return element.tag === tags.integer && element.contents.length > 6 ? Infinity : readInteger(element);
}

const pbes2 = "1.2.840.113549.1.5.13";
const scrypt = "1.3.6.1.4.1.11591.4.11";

/**
 * The rounds that an AlgorithmIdentifier of PKCS#8 encryption asks for, whichever of its schemes it is; 0 where it has none that
 * is known. scrypt's work (RFC 7914) is counted by its blocks, of which each takes about as long as a round of PBKDF2.
 * @throws CostlyDerivationError beyond what is done here
 */
export function roundsOf(algorithm: DerElement): number {
  const [id, parameters] = readChildren(algorithm);
  if (id === undefined || parameters?.tag !== tags.sequence) return 0;
  // RFC 8018 appendix A.4: the derivation is an AlgorithmIdentifier of its own.
  const [first] = readChildren(parameters);
  if (readOid(id) === pbes2) return first === undefined ? 0 : roundsOf(first);
  const [, count, ...rest] = readChildren(parameters);
  if (count === undefined) return 0;
  const factors = readOid(id) === scrypt ? [count, ...rest.slice(0, 2)] : [count];
  return checkRounds(factors.map(readRounds).reduce((product, factor) => product * factor, 1));
}
