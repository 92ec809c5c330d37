import type { ProxyModel } from "./types.js";

type Edges = NonNullable<ProxyModel["edges"]>;

/** Not one of these ends is taken off: curl 7.88 ("Unsupported proxy syntax"), Bun 1.4, Deno 2.9. */
export const noneIsTaken: Edges = {
  "carriage return": "fails",
  "line feed": "fails",
  "blank after it": "fails",
  "tab after it": "fails",
  "blank before it": "fails",
  "byte order mark": "fails",
  "invisible character": "fails",
};

/** Go 1.19: what does not parse as a URL counts as no proxy at all. */
export const goEdges: Edges = {
  ...noneIsTaken,
  "carriage return": "direct",
  "line feed": "direct",
  "tab after it": "direct",
  "blank before it": "direct",
};

/** Node 22.23 and 24.21: a program under NODE_USE_ENV_PROXY does not even start. */
export const nodeEdges: Edges = {
  ...noneIsTaken,
  "blank after it": "proxy",
  "tab after it": "proxy",
  "blank before it": "direct",
};

/** What reads the value as a WHATWG URL, which drops ASCII white space at both ends: undici 7.30, axios 1.21. */
export const urlEdges: Edges = { "byte order mark": "fails", "invisible character": "fails" };

/** Python 3.11: what stands after the port is taken off with the white space. */
export const pythonEdges: Edges = {
  "blank before it": "fails",
  "byte order mark": "fails",
  "invisible character": "fails",
};
