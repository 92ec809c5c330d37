export interface PathEnvironment {
  readonly home: string;
  /** A variable's value, by the platform's rule for comparing names; empty counts as unset. */
  readonly variable: (name: string) => string | undefined;
}

/** Where a platform keeps the configuration of a user, and that of the machine's administrator. */
export interface ConfigPaths {
  user(environment: PathEnvironment): string;
  managed(environment: PathEnvironment): string;
}
