export interface Surroundings {
  readonly home: string;
  /** A variable's value, by the platform's rule for comparing names; empty counts as unset. */
  readonly variable: (name: string) => string | undefined;
}

/** Where a platform keeps the configuration of a user, and that of the machine's administrator. */
export interface ConfigPlaces {
  user(surroundings: Surroundings): string;
  managed(surroundings: Surroundings): string;
}
