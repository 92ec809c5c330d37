import type { ConnectError } from "../base/errors.js";
import type { HostPattern } from "../policy/types.js";

/** What `tls.createSecureContext` takes for a client certificate. Holds secrets: pass on, never print. */
export interface IdentityMaterial {
  readonly cert?: string;
  readonly key?: string;
  readonly pfx?: Buffer;
  readonly passphrase?: string;
}

/** A client certificate that was loaded and found fit for use. Its material cannot be printed by accident. */
export interface Identity {
  readonly name: string;
  /** SHA-256 over certificate and public key: equal ids may share a connection, others never. */
  readonly id: string;
  readonly hosts: "all" | readonly HostPattern[];
  /** Distinguished names in one line, e.g. `CN=alice, O=Example`. */
  readonly subject: string;
  readonly issuer: string;
  /** ISO 8601. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** The files it came from, for messages. */
  readonly files: readonly string[];
  material(): IdentityMaterial;
}

export interface Identities {
  /** In the policy's order: the first whose hosts match is the one that is shown. */
  readonly origins: readonly Identity[];
  readonly proxy?: Identity;
  readonly faults: readonly ConnectError[];
  readonly warnings: readonly ConnectError[];
}
