import tls from "node:tls";
import type { Identity } from "../identity/types.js";
import type { TrustBundle } from "../trust/types.js";

export interface ContextOptions {
  readonly identity: Identity | undefined;
  /** TLS 1.2 at most. */
  readonly limited: boolean;
  /** Offered in the ClientHello, as OpenSSL spells them; default: what this Node offers. */
  readonly groups?: string | undefined;
}

/** A context is some megabytes with a full CA list; more than a few at once means rotation, and old ones may go. */
const limit = 16;
const contexts = new Map<string, tls.SecureContext>();

/** Names what a context is made from. Connections and sessions whose keys differ are never exchanged. */
export function contextKey(trust: TrustBundle, { identity, limited, groups = "" }: ContextOptions): string {
  return `${trust.id}/${identity?.id ?? "-"}${limited ? "/1.2" : ""}${groups}`;
}

/**
 * The one SecureContext of this trust and identity in this process, for TLS 1.2 at most where it is `limited`. Parsing a full CA list costs some 20 ms on Node 20
 * and 5 ms on later ones, so that it happens once and not for each connection.
 */
export function secureContext(trust: TrustBundle, options: ContextOptions): tls.SecureContext {
  const { identity, limited, groups } = options;
  const key = contextKey(trust, options);
  const known = contexts.get(key);
  if (known !== undefined) {
    // Re-inserted, so that the Map's order is the order of use.
    contexts.delete(key);
    contexts.set(key, known);
    return known;
  }
  // Said, since NODE_OPTIONS=--tls-min-v1.0 would lower the default; whoever raised it keeps that.
  const minVersion = tls.DEFAULT_MIN_VERSION === "TLSv1.3" ? "TLSv1.3" : "TLSv1.2";
  const made = tls.createSecureContext({
    ca: [...trust.certificates],
    minVersion,
    ...(limited && { maxVersion: "TLSv1.2" }),
    ...(groups !== undefined && { ecdhCurve: groups }),
    ...identity?.material(),
  });
  contexts.set(key, made);
  const oldest = contexts.keys().next().value;
  if (contexts.size > limit && oldest !== undefined) contexts.delete(oldest);
  return made;
}
