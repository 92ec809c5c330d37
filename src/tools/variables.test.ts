import { describe, expect, it } from "vitest";
import { javaLoginOptions } from "./java-options.js";
import type { VariableValues } from "./types.js";
import { childVariables, competes } from "./variables.js";

const none: VariableValues = { proxy: {}, noProxy: [] };
const full: VariableValues = {
  proxy: { https: "http://alice:secret@proxy.test:3128", http: "http://alice:secret@proxy.test:3128" },
  noProxy: ["corp.example"],
  extraFile: "/tmp/s/extra.pem",
  mergedFile: "/tmp/s/merged.pem",
  truststore: { path: "/tmp/s/trust.p12", password: "changeit" },
  wgetrc: "/tmp/s/wgetrc",
  clientCertificate: { cert: "/a/cert.pem", key: "/a/key.pem", passphrase: "open sesame" },
  preload: "/opt/sallyport/register.cjs",
};

const made = (values: Partial<VariableValues>): Record<string, string> =>
  Object.fromEntries(childVariables({ ...none, ...values }).map(({ name, value }) => [name, value]));

describe("the variables of a child", () => {
  it("are none where there is nothing to say", () => {
    expect(childVariables(none)).toEqual([]);
  });

  it("name no variable twice, and a reader for each", () => {
    const variables = childVariables(full);
    expect(new Set(variables.map(({ name }) => name)).size).toBe(variables.length);
    expect(variables.filter(({ readBy }) => readBy === "")).toEqual([]);
  });

  it("name the proxy in both cases: curl reads http_proxy alone, Deno looks for the upper one first", () => {
    const { proxy } = full;
    expect(made({ proxy })).toMatchObject({
      HTTPS_PROXY: proxy.https,
      https_proxy: proxy.https,
      HTTP_PROXY: proxy.http,
      http_proxy: proxy.http,
    });
    expect(made({ proxy })["NO_PROXY"]).toBe(made({ proxy })["no_proxy"]);
  });

  it("name no proxy for http where there is one for https alone", () => {
    const variables = made({ proxy: { https: "http://proxy.test:3128" } });
    expect(Object.keys(variables).filter((name) => /http_proxy$/i.test(name))).toEqual([]);
  });

  it("give the extra authorities to what appends, and all of them to what replaces", () => {
    const variables = made({ extraFile: "/extra", mergedFile: "/merged" });
    expect(Object.keys(variables).filter((name) => variables[name] === "/extra")).toEqual([
      "NODE_EXTRA_CA_CERTS",
      "DENO_CERT",
    ]);
    for (const name of ["SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "GIT_SSL_CAINFO"])
      expect(variables[name]).toBe("/merged");
    for (const name of ["CARGO_HTTP_CAINFO", "AWS_CA_BUNDLE", "npm_config_cafile", "NIX_SSL_CERT_FILE"])
      expect(variables[name]).toBe("/merged");
  });

  it("mark what holds a login or a passphrase, and nothing else", () => {
    const secret = childVariables(full).filter((variable) => variable.secret);
    expect(secret.map(({ name }) => name).sort()).toEqual([
      "CLAUDE_CODE_CLIENT_KEY_PASSPHRASE",
      "GLOBAL_AGENT_HTTPS_PROXY",
      "GLOBAL_AGENT_HTTP_PROXY",
      "HTTPS_PROXY",
      "HTTP_PROXY",
      "WSS_PROXY",
      "WS_PROXY",
      "YARN_HTTPS_PROXY",
      "YARN_HTTP_PROXY",
      "http_proxy",
      "https_proxy",
      "ws_proxy",
      "wss_proxy",
    ]);
    const rest = childVariables(full).filter((variable) => !variable.secret);
    expect(rest.filter(({ value }) => /alice|secret@|sesame/.test(value))).toEqual([]);
  });

  it("give Claude Code the client certificate by its own names", () => {
    expect(made({ clientCertificate: { cert: "/c", key: "/k" } })).toEqual({
      CLAUDE_CODE_CLIENT_CERT: "/c",
      CLAUDE_CODE_CLIENT_KEY: "/k",
    });
  });
});

describe("NODE_OPTIONS of a child", () => {
  it("is left alone without a preload, and Node is told to read the variables", () => {
    const variables = made({ proxy: full.proxy, nodeOptions: "--trace-warnings" });
    expect(variables).toMatchObject({ NODE_USE_ENV_PROXY: "1" });
    expect(variables).not.toHaveProperty("NODE_OPTIONS");
    expect(made({ preload: "/r.cjs", proxy: full.proxy })).not.toHaveProperty("NODE_USE_ENV_PROXY");
  });

  const nodeOptions = (preload: string, existing?: string): string | undefined =>
    made({ preload, ...(existing !== undefined && { nodeOptions: existing }) })["NODE_OPTIONS"];

  it("loads the preload before all that was there", () => {
    expect(nodeOptions("/opt/r.cjs")).toBe('--require "/opt/r.cjs"');
    expect(nodeOptions("/opt/r.cjs", " --max-old-space-size=4096 ")).toBe(
      '--require "/opt/r.cjs" --max-old-space-size=4096',
    );
  });

  it("quotes a path as Node unquotes it", () => {
    expect(nodeOptions("C:\\Program Files\\r.cjs")).toBe('--require "C:\\\\Program Files\\\\r.cjs"');
    expect(nodeOptions('/a "b"/r.cjs')).toBe('--require "/a \\"b\\"/r.cjs"');
  });

  it("names it once in a run inside of a run", () => {
    const once = nodeOptions("/opt/r.cjs");
    expect(nodeOptions("/opt/r.cjs", once)).toBe(once);
    expect(nodeOptions("/opt/r.cjs", `undefined ${once} --no-warnings`)).toBe(`${once} undefined --no-warnings`);
    expect(nodeOptions("/opt/r.cjs", `--title="a ${once}"`)).toBe(`${once} --title="a ${once}"`);
  });
});

describe("JAVA_TOOL_OPTIONS of a child", () => {
  const options = (values: Partial<VariableValues>): string => made(values)["JAVA_TOOL_OPTIONS"] ?? "";
  const truststore = { path: "/tmp/s/trust.p12", password: "changeit" };

  it("names proxy, direct hosts and trust store, behind what was there", () => {
    const text = options({
      proxy: { https: "http://proxy.test:3128", http: "http://[::1]:8080" },
      noProxy: ["corp.example"],
      truststore,
      javaToolOptions: "-Xmx1g",
    });
    expect(text.split(" ").filter((option) => !option.includes("nonProxyHosts"))).toEqual([
      "-Xmx1g",
      "-Dhttps.proxyHost=proxy.test",
      "-Dhttps.proxyPort=3128",
      "-Dhttp.proxyHost=::1",
      "-Dhttp.proxyPort=8080",
      "-Djavax.net.ssl.trustStore=/tmp/s/trust.p12",
      "-Djavax.net.ssl.trustStoreType=PKCS12",
      "-Djavax.net.ssl.trustStorePassword=changeit",
    ]);
    expect(text).toMatch(
      / -Dhttp\.nonProxyHosts=localhost\|\*\.localhost\|127\..*\|corp\.example\|\*\.corp\.example( |$)/,
    );
  });

  it("never holds a login: every JVM prints the variable at its start", () => {
    const text = options({ proxy: full.proxy });
    expect(text).not.toMatch(/alice|secret/);
    // Once, though there are two proxies; for programs that have an Authenticator.
    expect(text.match(/-Djdk\.http\.auth\.tunneling\.disabledSchemes=(?: |$)/g)).toHaveLength(1);
  });

  it("names a file with the login instead, in a way that Java 8 survives", () => {
    expect(options({ proxy: full.proxy, javaLogin: "/tmp/a b/java-options" })).toMatch(
      / -XX:\+IgnoreUnrecognizedVMOptions "-XX:VMOptionsFile=\/tmp\/a b\/java-options"$/,
    );
    const own = "-XX:VMOptionsFile=/own";
    expect(options({ proxy: full.proxy, javaLogin: "/j", javaToolOptions: own }).match(/VMOptionsFile/g)).toHaveLength(
      1,
    );
  });

  it("decodes the login for that file, and leaves out what no quotes can hold", () => {
    expect(javaLoginOptions({ https: "http://al%20ice:p%40s%22s@proxy.test:1" })).toBe(
      `"-Dhttps.proxyUser=al ice"\n'-Dhttps.proxyPassword=p@s"s'\n`,
    );
    expect(javaLoginOptions({ https: "http://alice:a%22'@proxy.test:1" })).toBeUndefined();
    expect(javaLoginOptions({ https: "http://proxy.test:1" })).toBeUndefined();
  });

  it("keeps a trust store that the user has chosen", () => {
    expect(options({ truststore, javaToolOptions: "-Djavax.net.ssl.trustStore=/own.jks" })).toBe("");
  });

  it("names no proxy that Java cannot use", () => {
    expect(options({ proxy: { https: "https://proxy.test:3128", http: "https://proxy.test:3128" } })).toBe("");
  });

  it("quotes a path with blanks, as the JVM knows quotes", () => {
    expect(options({ truststore: { path: "/a b/t.p12", password: "changeit" } })).toContain(
      '"-Djavax.net.ssl.trustStore=/a b/t.p12"',
    );
  });
});

describe("what is taken out of a child's environment", () => {
  it("are other variables that name a proxy, in any case, and switches that turn verification off", () => {
    for (const name of [
      "ALL_PROXY",
      "all_proxy",
      "grpc_proxy",
      "npm_config_https_proxy",
      "NPM_CONFIG_PROXY",
      "PIP_PROXY",
    ])
      expect([name, competes(name)]).toEqual([name, true]);
    for (const name of ["SSL_CERT_DIR", "NODE_TLS_REJECT_UNAUTHORIZED", "GIT_SSL_NO_VERIFY", "npm_config_strict_ssl"])
      expect([name, competes(name)]).toEqual([name, true]);
  });

  it("is nothing else", () => {
    for (const name of ["PATH", "HOME", "FTP_PROXY", "npm_config_registry", "SSL_CERT_FILE"])
      expect([name, competes(name)]).toEqual([name, false]);
  });
});
