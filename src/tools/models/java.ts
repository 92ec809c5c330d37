import type { ProxyModel, ReadTarget } from "./types.js";

/** What Java adds to hosts that are named, and takes where none are. An empty value is none at all. */
const always = "localhost|127.*|[::1]|0.0.0.0|[::0]";

/** Names and addresses between bars, with a star at the beginning and at the end alone. */
function bypasses(nonProxyHosts: string, { hostname }: ReadTarget): boolean {
  if (nonProxyHosts === "") return false;
  return `${nonProxyHosts}|${always}`.split("|").some((entry) => matches(entry.toLowerCase(), hostname));
}

function matches(entry: string, hostname: string): boolean {
  if (entry === "") return false;
  if (entry === "*") return true;
  const [before, after] = [entry.startsWith("*"), entry.endsWith("*")];
  const text = entry.slice(before ? 1 : 0, after ? -1 : undefined);
  if (before && after) return hostname.includes(text);
  if (before) return hostname.endsWith(text);
  return after ? hostname.startsWith(text) : hostname === text;
}

/** The system properties of a JVM's options; of those that are there twice the last one counts. */
function propertiesOf(options: string): ReadonlyMap<string, string> {
  const words = options.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  return new Map(
    words.flatMap((word) => {
      const [, name, value] = /^-D([^=]+)=(.*)$/.exec(word.replaceAll(/["']/g, "")) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );
}

/** java.net of 17: it reads system properties, and no variable but the one that every JVM takes options from. */
export const java: ProxyModel = {
  id: "java",
  tool: "Java (java.net)",
  variables: { http: [], https: [], noProxy: [] },
  schemes: ["http"],
  instead(variables, { protocol }) {
    const properties = propertiesOf(variables["JAVA_TOOL_OPTIONS"] ?? "");
    const name = `${protocol}.proxyHost`;
    const host = properties.get(name) ?? "";
    const from = `${name} in JAVA_TOOL_OPTIONS`;
    if (host === "") return { name: from, value: "", noProxyName: "", noProxy: "" };
    const port = properties.get(`${protocol}.proxyPort`) ?? (protocol === "https" ? "443" : "80");
    const noProxyName = "http.nonProxyHosts in JAVA_TOOL_OPTIONS";
    return {
      name: from,
      value: `http://${host}:${port}`,
      noProxyName,
      noProxy: properties.get("http.nonProxyHosts") ?? always,
    };
  },
  bypasses,
};
