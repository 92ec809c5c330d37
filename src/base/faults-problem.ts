/** Why a value cannot be used. Both lines are free of what may be a secret in it. */
export interface Problem {
  /** Follows the name of the value, as in "HTTPS_PROXY names no host". */
  readonly problem: string;
  readonly remedy: string;
}

/** The one in two lines. */
export const problemOf = (problem: string, remedy: string): Problem => ({ problem, remedy });
