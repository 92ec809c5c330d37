import type { Problem } from "../base/faults-problem.js";

/** Why a proxy value cannot be used. Both lines are free of the value itself, which may hold a password. */
export interface ProxyProblem extends Problem {
  readonly code?: "PROXY_SCHEME_UNSUPPORTED";
}

/** `plausible`: it still looks like a host with a port, rather than like the beginning of a login. */
export type AuthorityProblem = ProxyProblem & { readonly plausible: boolean };

/** For which targets a list in the form of Windows is read, which names a proxy for each scheme. */
export type ListTarget = "https" | "http";
