/** Groups what has one name, in the order in which it was met; what has none is left out. (`Map.groupBy` came with Node 21.) */
export function byName<T>(all: Iterable<T>, nameOf: (one: T) => string | undefined): Map<string, T[]> {
  const named = new Map<string, T[]>();
  for (const one of all) {
    const name = nameOf(one);
    if (name !== undefined) addNamesake(named, name, one);
  }
  return named;
}

export function addNamesake<T>(named: Map<string, T[]>, name: string, one: T): void {
  const known = named.get(name);
  if (known === undefined) named.set(name, [one]);
  else known.push(one);
}
