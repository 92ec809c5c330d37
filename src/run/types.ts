import type { ConnectError } from "../base/errors.js";
import type { DialContext } from "../dial/types.js";
import type { ChildVariable } from "../tools/types.js";

/** Why children cannot do by variables and the preload alone, in words for people: "a SOCKS proxy". */
export interface GatewayReason {
  readonly kind:
    | "client-certificate"
    | "socks"
    | "tls-proxy"
    | "secret-command"
    | "host-rules"
    | "no-proxy"
    | "proxy-certificate"
    | "proxy-login"
    | "stored-login"
    | "pac"
    | "proxy-chain"
    | "unusable-proxy";
  readonly text: string;
}

/** How a command will get out. Pure: made from the settings alone. */
export interface ChildPlan {
  /** `dials`: Node children dial by the policy themselves; `gateway`: they go to the gateway as all others do. */
  readonly preload: "dials" | "gateway" | "none";
  /** Why a gateway is started. Empty: none is needed, though `--only gateway` starts one all the same. */
  readonly reasons: readonly GatewayReason[];
  readonly gateway: boolean;
  /** Hosts for which the gateway presents the client certificate. */
  readonly intercept: readonly string[];
  /** One line for stderr; holds no secret. */
  readonly summary: string;
}

export interface PlanOptions {
  readonly parts?: Parts;
  /** Hosts for which the gateway shall present a client certificate, in NO_PROXY's grammar. */
  readonly intercept?: readonly string[];
  /** URLs that the command is known to ask for: their hosts are intercepted where a client certificate is meant for them. */
  readonly urls?: readonly string[];
  /** The user has stored a login for one of the proxies, of which other programs know nothing. */
  readonly storedLogin?: boolean;
  /** One of the proxies has just taken a login by another scheme than Basic, the one that programs know. */
  readonly otherScheme?: boolean;
  /** The command is Node with `--permission`, or NODE_OPTIONS says so. */
  readonly restricted?: boolean;
}

/** What a child gets: the preload and variables (`all`), or one of them. */
export type Parts = "all" | "preload" | "env" | "gateway";

/** What {@link Gateway} of gateway/ gives to children; run/ knows no gateway, and is handed one. */
export interface GatewayFace {
  readonly proxyUrl: string;
  readonly socksUrl: string;
  readonly authority: string | undefined;
}

/** What a child's environment is made from. */
export interface ChildEnvironmentOptions {
  /** Its prefix, and the options that were given for it in code, hold in Node children as well. */
  readonly context: DialContext;
  /** What the child's are made from: those that the context was read from, so as a rule `process.env`. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Default `all`; without a `gateway`, what needs one is left out. */
  readonly parts?: Parts;
  readonly gateway?: GatewayFace;
  /** The preload's file. Default: the one of this package. */
  readonly preload?: string;
  /** What the command opens is captured: it is told of no proxy. Default false. */
  readonly captured?: boolean;
  /** The command that is to be started with it. Default: none is known. */
  readonly argv?: readonly string[];
}

/** Ready for a child. Its files lie in a private temporary folder until it is disposed of. */
export interface ChildEnvironment extends AsyncDisposable {
  /** The whole environment: inherited, changed and added. */
  readonly variables: Record<string, string>;
  /** What was changed or added, for `--print`. */
  readonly changes: readonly ChildVariable[];
  /** What was taken out: variables that would go past the policy, or hold secrets that the child does not need. */
  readonly removed: readonly string[];
  readonly directory: string;
  /** All authorities, as PEM and for Java; undefined where the command gets no files of them. */
  readonly authorities: { readonly bundle: string; readonly truststore: string } | undefined;
  /**
   * The command, as it is to be started: Node with `--permission` gets the right to read what the preload reads, sallyport's own files and
   * those of the settings (`--allow-fs-read`), and no other right. Where NODE_OPTIONS has `--permission`, that right is added there.
   */
  readonly argv: readonly string[];
  /** What a program under `--permission` may read besides. Empty where there is none that could be told. */
  readonly readable: readonly string[];
  readonly warnings: readonly ConnectError[];
}
