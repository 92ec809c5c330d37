import { codeOf } from "../base/error-code.js";
import { isConnectError } from "../base/errors.js";
import { narrowTrust } from "../trust/index.js";
import type { TrustBundle } from "../trust/types.js";

/** What OpenSSL says when the first issuer that it found by name led nowhere. Other faults would stay with any issuer. */
const deadEnds: ReadonlySet<string> = new Set([
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "CERT_SIGNATURE_FAILURE",
  "CERT_CHAIN_TOO_LONG",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "INVALID_CA",
  "PATH_LENGTH_EXCEEDED",
  "UNSPECIFIED",
]);

/** A chain that was refused, and what it was refused by. */
interface Refused {
  readonly peer: string;
  readonly trust: TrustBundle;
  /** DER, the peer's own certificate first. */
  readonly shown: readonly Buffer[];
}

const refusals = new WeakMap<Error, Refused>();

/** For {@link NarrowedTrust.after}. */
export function noteRefusedChain(error: unknown, refused: Refused): void {
  if (isConnectError(error) && deadEnds.has(codeOf(error.cause))) refusals.set(error, refused);
}

const mostPeers = 256;
const known = new WeakMap<TrustBundle, Map<string, TrustBundle>>();

/** Which authorities the peers of one dial are verified by: the whole bundle, but for those whose chain it hides the root of. */
export class NarrowedTrust {
  readonly #whole: TrustBundle;
  readonly #now: () => number;
  /** Peers that are not to be narrowed again, in this dial, with what they were narrowed to. */
  readonly #chosen = new Map<string, TrustBundle>();

  constructor(whole: TrustBundle, now: () => number) {
    this.#whole = whole;
    this.#now = now;
  }

  for(peer: string): TrustBundle {
    return this.#chosen.get(peer) ?? known.get(this.#whole)?.get(peer) ?? this.#whole;
  }

  /** The chain held by what was chosen for it: the next dial begins with that. */
  held(peer: string): void {
    const chosen = this.#chosen.get(peer);
    if (chosen === undefined || chosen === this.#whole) return;
    const peers = known.get(this.#whole) ?? new Map<string, TrustBundle>();
    known.set(this.#whole, peers);
    peers.delete(peer);
    peers.set(peer, chosen);
    const oldest = peers.keys().next().value;
    if (peers.size > mostPeers && oldest !== undefined) peers.delete(oldest);
  }

  /** Whether to ask once more after `error`: other authorities were chosen for this peer. */
  async after(error: unknown): Promise<boolean> {
    const refused = error instanceof Error ? refusals.get(error) : undefined;
    if (refused === undefined) return false;
    const { peer, trust, shown } = refused;
    const first = this.#chosen.get(peer) === undefined;
    if (trust !== this.#whole) {
      // What held once and does not now: the server has another chain.
      known.get(this.#whole)?.delete(peer);
      if (first) this.#chosen.set(peer, this.#whole);
      return first;
    }
    const narrowed = await narrowTrust(this.#whole, shown, this.#now());
    if (narrowed === undefined) return false;
    this.#chosen.set(peer, narrowed);
    return true;
  }
}
