import { hostPortOf } from "../base/hostname.js";
import { percentDecoded } from "../base/percent.js";
import type { NoProxyEntry } from "../policy/types.js";
import { spellNonProxyHosts } from "./no-proxy-spelling.js";
import type { VariableValues } from "./types.js";

/**
 * JAVA_TOOL_OPTIONS: proxies and trust as system properties, behind what was there. A trust store that the user has chosen stays.
 * Undefined where there is nothing to say.
 *
 * Every JVM prints the variable on stderr at its start, so the login is in a file that it names. Java's own clients take a login from
 * the program alone (`Authenticator`), but Gradle, sbt and Apache's client look into these properties. For programs that have an
 * Authenticator, `jdk.http.auth.tunneling.disabledSchemes` is emptied: Java keeps Basic out of CONNECT otherwise.
 */
export function javaToolOptions(values: VariableValues, noProxy: readonly NoProxyEntry[]): string | undefined {
  const existing = values.javaToolOptions?.trim() ?? "";
  const proxies = [...proxyProperties("https", values.proxy.https), ...proxyProperties("http", values.proxy.http)];
  // Without it Java would have its own default for direct hosts, and with it that default is gone.
  if (proxies.some(([name]) => name.endsWith("proxyHost")))
    proxies.push(["http.nonProxyHosts", spellNonProxyHosts(noProxy)]);
  const properties = new Map<string, string>([
    ...proxies,
    ...(values.truststore === undefined || existing.includes("-Djavax.net.ssl.trustStore=")
      ? []
      : truststoreProperties(values.truststore)),
  ]);
  if (properties.size === 0) return undefined;
  const options = [...properties].map(([name, value]) => quoted(`-D${name}=${value}`));
  return [existing, ...options, ...fileOption(values.javaLogin, existing)].filter((part) => part !== "").join(" ");
}

/** Maven 3.9 looks at the properties of {@link javaToolOptions} where it is told to; earlier ones and Maven 4 do so by themselves. */
export function mavenOptions({ proxy, mavenOptions: existing = "" }: VariableValues): string | undefined {
  if ((proxy.https ?? proxy.http) === undefined) return undefined;
  return `${existing.trim()} -Daether.connector.http.useSystemProperties=true`.trimStart();
}

/** Java 8 has no such files, and would not start at the mention of one; no Java takes two. */
function fileOption(file: string | undefined, existing: string): string[] {
  if (file === undefined || existing.includes("-XX:VMOptionsFile")) return [];
  return ["-XX:+IgnoreUnrecognizedVMOptions", quoted(`-XX:VMOptionsFile=${file}`)];
}

/** What a file of JVM options holds for the logins of these proxies; undefined where none has one, or none that can be quoted. */
export function javaLoginOptions({ https, http }: VariableValues["proxy"]): string | undefined {
  const lines = [...loginProperties("https", https), ...loginProperties("http", http)].map(
    ([name, value]) => `${quoted(`-D${name}=${value}`)}\n`,
  );
  return lines.length === 0 ? undefined : lines.join("");
}

function loginProperties(target: "https" | "http", proxy: string | undefined): Property[] {
  const url = proxy !== undefined && URL.canParse(proxy) ? new URL(proxy) : undefined;
  if (url?.protocol !== "http:" || url.username === "") return [];
  const [username, password] = [url.username, url.password].map(percentDecoded);
  // The file knows quotes of both kinds, and no escapes.
  if (username === undefined || password === undefined || unwritable(username + password)) return [];
  return [
    [`${target}.proxyUser`, username],
    [`${target}.proxyPassword`, password],
  ];
}

function unwritable(text: string): boolean {
  return /[\r\n]/.test(text) || (text.includes("'") && text.includes('"'));
}

type Property = readonly [name: string, value: string];

function truststoreProperties({ path, password }: { readonly path: string; readonly password: string }): Property[] {
  return [
    ["javax.net.ssl.trustStore", path],
    ["javax.net.ssl.trustStoreType", "PKCS12"],
    ["javax.net.ssl.trustStorePassword", password],
  ];
}

/** Java speaks to proxies in plain HTTP, and in its older client to SOCKS; a TLS proxy it cannot use. */
function proxyProperties(target: "https" | "http", proxy: string | undefined): Property[] {
  if (proxy === undefined || !URL.canParse(proxy)) return [];
  const url = new URL(proxy);
  const { host, port } = hostPortOf(url);
  if (url.protocol.startsWith("socks")) {
    return [
      ["socksProxyHost", host],
      ["socksProxyPort", String(port)],
    ];
  }
  if (url.protocol !== "http:") return [];
  return [
    [`${target}.proxyHost`, host],
    [`${target}.proxyPort`, String(port)],
    ...(url.username === "" ? [] : [["jdk.http.auth.tunneling.disabledSchemes", ""] as const]),
  ];
}

/** The JVM splits at white space outside of quotes, and knows no escapes within. */
function quoted(option: string): string {
  if (!/[\s'"]/.test(option)) return option;
  return option.includes('"') ? `'${option}'` : `"${option}"`;
}
