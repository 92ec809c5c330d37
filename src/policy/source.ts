import type { Candidate, FileCandidate } from "./findings.js";
import type {
  AuthHelper,
  LoginScheme,
  IdentitySpec,
  NoProxyRules,
  ProxyChoice,
  RouteRule,
  SecretRef,
  Timeouts,
} from "./types.js";

export type CertificateStore = "bundled" | "system";

/** One source of settings with its place in the precedence: the environment, the user's file, … */
export interface SettingsSource {
  readonly pac?: Candidate<ProxyChoice>;
  /** `all` is for every target; `https` and `http` go before it. */
  readonly proxy: {
    readonly https?: Candidate<ProxyChoice>;
    readonly http?: Candidate<ProxyChoice>;
    readonly all?: Candidate<ProxyChoice>;
  };
  readonly noProxy?: Candidate<NoProxyRules>;
  readonly pacFallback?: Candidate<"fail" | "direct">;
  readonly routes: readonly RouteRule[];
  readonly caFiles: readonly FileCandidate[];
  readonly caDirectories: readonly FileCandidate[];
  readonly stores?: Candidate<readonly CertificateStore[]>;
  readonly proxySchemes?: Candidate<readonly LoginScheme[]>;
  readonly proxySpn?: Candidate<string>;
  readonly proxyHosts?: Candidate<NoProxyRules>;
  readonly proxyHelper?: Candidate<Pick<AuthHelper, "command" | "claudeCode">>;
  readonly proxyHelperTtl?: Candidate<number>;
  readonly identities: readonly IdentityDraft[];
  readonly proxyIdentity?: IdentityDraft;
  readonly timeouts: { readonly [Name in keyof Timeouts]?: Candidate<number> };
  readonly strict?: Candidate<boolean>;
  /** Whether the proxy settings of the operating system may count. */
  readonly osProxy?: Candidate<boolean>;
}

/** An identity as far as one settings describes it. */
export interface IdentityDraft extends IdentitySpec {
  readonly cert?: FileCandidate;
  readonly key?: FileCandidate;
  readonly pfx?: FileCandidate;
  readonly passphrase?: Candidate<SecretRef>;
}

export const emptySource: SettingsSource = {
  proxy: {},
  routes: [],
  caFiles: [],
  caDirectories: [],
  identities: [],
  timeouts: {},
};
