import type { GatewayStatus } from "../../types.js";

/** What a hostile server, proxy or certificate may put into its texts. */
export const payload = `"'><img src=x onerror="document.title='pwned'"><script>document.title='pwned'</script></style>\${1}&lt;`;

/** A status in which every text that is not a date holds the payload. */
export function poisoned(status: GatewayStatus): GatewayStatus {
  return poison(status) as GatewayStatus;
}

/** Closed sets of the gateway's own, by which the page looks things up. */
const closed = new Set(["kind", "state", "last", "since", "startedAt", "notBefore", "notAfter"]);

function poison(value: unknown, key = ""): unknown {
  if (typeof value === "string") return closed.has(key) ? value : `${value}${payload}`;
  if (Array.isArray(value)) return value.map((item) => poison(item, key));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, poison(inner, name)]));
}
