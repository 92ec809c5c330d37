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
  /** Hosts that see it are spoken to by TLS 1.2 and HTTP/1.1. */
  readonly maxTlsVersion?: "1.2";
  /** The files it came from, for messages. */
  readonly files: readonly string[];
  material(): IdentityMaterial;
}

/** An identity that cannot be used. Its hosts get neither it nor another: who reaches one of them fails with the fault. */
export interface BrokenIdentity {
  readonly name: string;
  readonly hosts: "all" | readonly HostPattern[];
  /** How many of the usable identities go before it. */
  readonly behind: number;
  /** All that is wrong with it, and the first of it, which connections fail with. */
  readonly faults: readonly ConnectError[];
  readonly fault: ConnectError;
}

/** The client certificates of a policy, loaded and checked. */
export interface Identities {
  /** In the policy's order: the first whose hosts match is the one that is shown. */
  readonly origins: readonly Identity[];
  /** The unusable ones for origins, in the same order. */
  readonly broken: readonly BrokenIdentity[];
  readonly proxy?: Identity;
  /** Why the one for proxies cannot be used: who reaches a proxy over TLS fails with it. */
  readonly brokenProxy?: ConnectError;
  /** What is wrong with the identity for all origins. What is wrong with others is for their hosts, and a warning. */
  readonly faults: readonly ConnectError[];
  readonly warnings: readonly ConnectError[];
}
