/**
 * Where undici and the built-in fetch of Node look up their default dispatcher: undici 6 and 7 and Node 20 to 25 in the first, undici 8
 * and Node 26 in the second. One process may hold several.
 */
export const dispatcherSlots = [
  Symbol.for("undici.globalDispatcher.1"),
  Symbol.for("undici.globalDispatcher.2"),
] as const;
