import type { Stage } from "../base/codes.js";
import type { Fault, Hop, FaultsAndWarnings } from "../base/errors.js";
import type { LoginPlace, System } from "../base/system.js";
import type { Connection, DialOptions, Target } from "../dial/types.js";
import type { Identities } from "../identity/types.js";
import type { Policy } from "../policy/types.js";
import type { Route, RouteReport } from "../route/types.js";
import type { TrustBundle, TrustSource } from "../trust/types.js";
import type { CommonNoProxy, Reading } from "../tools/index.js";

/** What is looked at: what a network from `createNetwork` has. */
export interface Diagnosable {
  readonly policy: Policy;
  readonly trust: TrustBundle;
  readonly identities: Identities;
  /** The machine, or its clock alone. Default: the real one. */
  readonly system?: System | Pick<System, "monotonic" | "now">;
  /** Whose folders an authority that is missing may lie in. Default: this process's user. */
  readonly user?: { readonly home: string; readonly variables: Readonly<Record<string, string | undefined>> };
  route(url: string): Route | Promise<Route>;
  dial(target: Target, options?: DialOptions): Promise<Connection>;
}

/** Who can put a fault right: who reads the report, whoever runs the proxies and inspectors of the network, or whoever runs the server. */
export type Owner = "you" | "proxy" | "server";

/** A fault that the doctor has found, and whose it is. */
export interface Finding extends Fault {
  readonly owner: Owner;
}

/**
 * What `doctor --json` prints: schema/doctor.json. The warnings are of the configuration, and of loading what it names; the faults are of
 * the configuration first, then those of all targets in their order.
 */
export interface Report extends FaultsAndWarnings<Finding> {
  readonly ok: boolean;
  readonly targets: readonly TargetReport[];
}

/** How far one URL was reached, and what stood in the way. */
export interface TargetReport {
  readonly url: string;
  /** What it is for, in a few words; null for a URL that somebody named. */
  readonly purpose: string | null;
  /** Whether it is a fault where it cannot be reached; what stands in the way of the others is among the warnings. */
  readonly needed: boolean;
  readonly ok: boolean;
  /** Null where none could be chosen. */
  readonly route: RouteReport | null;
  /** In the order in which they were passed; the last one is where it ended. */
  readonly stages: readonly StageReport[];
  readonly faults: readonly Finding[];
  /** Who opens the TLS on the way, as its certificates call themselves; null where none shows. */
  readonly inspector: string | null;
  /** What the target showed in a handshake that failed after that; else null. */
  readonly chain: ShownChain | null;
}

/** A chain of certificates that did not hold. */
export interface ShownChain {
  /** As the target sent them, its own first. */
  readonly certificates: readonly ShownCertificate[];
  /** The authority above them that is not trusted here; null where the chain fails for another reason. */
  readonly missing: MissingAuthority | null;
}

/** One certificate of such a chain. */
export interface ShownCertificate {
  /** Its common name, or what stands for one. */
  readonly name: string;
  readonly issuer: string;
  /** ISO 8601. */
  readonly notAfter: string;
  /** Of the DER; hexadecimal, without colons. */
  readonly sha256: string;
}

/** An authority that is not trusted here, and would have to be. */
export interface MissingAuthority {
  readonly name: string;
  /** Where it lies on this machine all the same: the path of a file, "system" or "bundled" for a store that the settings leave out; else null. */
  readonly place: string | null;
}

/** One stage of the way to a target. */
export interface StageReport {
  readonly stage: Stage;
  readonly hop: Hop;
  readonly ok: boolean;
  /** Milliseconds, to a tenth. */
  readonly ms: number;
  /** One line for people. Holds no secret. */
  readonly detail: string;
}

export type { HopReport, RouteReport } from "../route/types.js";

/** What `explain --json` prints: schema/explain.json. */
export interface Explanation {
  readonly url: string;
  readonly route: RouteReport;
  /** Where a login is kept that the user has stored for a proxy on the way, for which none is configured. */
  readonly storedLogin: LoginPlace | null;
  /** The client certificate that this host would be offered. */
  readonly identity: IdentityReport | null;
  readonly trust: TrustReport;
  readonly warnings: readonly Fault[];
  /** How other programs read the same variables for this URL. */
  readonly models: readonly Reading[];
  /** The one value that as many of them as can be read as sallyport reads NO_PROXY here; null where nothing is exempt by a setting. */
  readonly noProxy: CommonNoProxy | null;
}

/** The client certificate that is meant for a URL. */
export interface IdentityReport {
  readonly name: string;
  readonly subject: string;
  readonly issuer: string;
  /** ISO 8601. */
  readonly notBefore: string;
  readonly notAfter: string;
  readonly files: readonly string[];
}

/** The authorities that are trusted, by where they come from. */
export interface TrustReport {
  /** Certificates in all. */
  readonly certificates: number;
  /** How many of them files added. */
  readonly extra: number;
  readonly sources: readonly TrustSource[];
}
