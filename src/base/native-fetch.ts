type Fetch = typeof globalThis.fetch;

/** Names the fetch that one of ours calls, so that a chain of them goes back to Node's own. */
const base = Symbol.for("sallyport.fetch.base");

/** Where a program has put one of ours in place of the global one, another network's must not go through it, nor through itself. */
export function nativeFetch(): Fetch {
  const current = globalThis.fetch as Fetch & { readonly [base]?: Fetch };
  return current[base] ?? current;
}

/** Marks a fetch as one of ours. */
export function basedOn<T extends Fetch>(native: Fetch, fetch: T): T {
  return Object.defineProperty(fetch, base, { value: native });
}
