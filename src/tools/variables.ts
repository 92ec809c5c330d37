import { javaToolOptions, mavenOptions } from "./java-options.js";
import { readNoProxy, spellForGlobalAgent, spellNoProxy } from "./no-proxy-spelling.js";
import { requireFirst } from "./node-options.js";
import type { ChildVariable, VariableValues } from "./types.js";

/**
 * The variables that send programs out by the policy, and who reads each. A pure table: what is not in `values` gives none.
 *
 * Two kinds of variables name authorities. Those that *append* get the extra ones alone, since Node 20 starts 57 ms slower on a
 * full bundle; those that *replace* what a tool would trust get everything.
 */
export function childVariables(values: VariableValues): ChildVariable[] {
  return [
    ...proxyVariables(values),
    ...appending(values.extraFile),
    ...replacing(values.mergedFile),
    // wget built on GnuTLS, PHP and apt have no variable for authorities, but one for their configuration.
    ...variable("WGETRC", values.wgetrc, "wget"),
    ...variable("PHP_INI_SCAN_DIR", values.phpFolders, "PHP"),
    ...variable("APT_CONFIG", values.aptConfiguration, "apt"),
    ...clientCertificate(values.clientCertificate),
    ...node(values),
    ...java(values),
  ];
}

/** Lower case for curl and wget, which read HTTP_PROXY so alone; upper case for Deno and Go, which look there first. */
function proxyVariables({ proxy, noProxy }: VariableValues): ChildVariable[] {
  const { https, http } = proxy;
  if (https === undefined && http === undefined) return [];
  const direct = readNoProxy(noProxy);
  return [
    ...bothCases("HTTPS_PROXY", https, "nearly every program, for https"),
    ...bothCases("HTTP_PROXY", http, "nearly every program, for http"),
    // It knows none but these for WebSocket, and would go past the proxy.
    ...bothCases("WSS_PROXY", https, "Python aiohttp, for WebSocket"),
    ...bothCases("WS_PROXY", http, "Python aiohttp, for WebSocket"),
    ...bothCases("NO_PROXY", spellNoProxy(direct), "nearly every program"),
    // Tools that ignore the above altogether.
    ...variable("GLOBAL_AGENT_HTTPS_PROXY", https, "programs with global-agent"),
    ...variable("GLOBAL_AGENT_HTTP_PROXY", http, "programs with global-agent"),
    ...variable("GLOBAL_AGENT_NO_PROXY", spellForGlobalAgent(direct), "programs with global-agent"),
    ...variable("YARN_HTTPS_PROXY", https, "Yarn"),
    ...variable("YARN_HTTP_PROXY", http, "Yarn"),
  ];
}

function appending(file: string | undefined): ChildVariable[] {
  return [...variable("NODE_EXTRA_CA_CERTS", file, "Node, Bun, Electron"), ...variable("DENO_CERT", file, "Deno")];
}

/** In the order of how many programs read each. */
const replacingVariables: readonly (readonly [name: string, readBy: string])[] = [
  ["SSL_CERT_FILE", "OpenSSL, Go, Rust, Python, Ruby, .NET"],
  ["CURL_CA_BUNDLE", "curl"],
  ["REQUESTS_CA_BUNDLE", "Python requests"],
  ["PIP_CERT", "pip"],
  ["GIT_SSL_CAINFO", "git"],
  ["GIT_PROXY_SSL_CAINFO", "git, for proxies over TLS"],
  ["npm_config_cafile", "npm, pnpm"],
  ["YARN_HTTPS_CA_FILE_PATH", "Yarn"],
  ["CARGO_HTTP_CAINFO", "cargo"],
  ["AWS_CA_BUNDLE", "AWS CLI and SDKs"],
  ["CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", "gcloud"],
  ["HTTPLIB2_CA_CERTS", "Python httplib2"],
  ["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "gRPC"],
  ["NIX_SSL_CERT_FILE", "Nix"],
  ["HEX_CACERTS_PATH", "mix and rebar3"],
  ["BUNDLE_SSL_CA_CERT", "Ruby bundler"],
  ["PERL_LWP_SSL_CA_FILE", "Perl LWP"],
];

function replacing(file: string | undefined): ChildVariable[] {
  return replacingVariables.flatMap(([name, readBy]) => variable(name, file, readBy));
}

function clientCertificate(pair: VariableValues["clientCertificate"]): ChildVariable[] {
  if (pair === undefined) return [];
  return [
    ...variable("CLAUDE_CODE_CLIENT_CERT", pair.cert, "Claude Code"),
    ...variable("CLAUDE_CODE_CLIENT_KEY", pair.key, "Claude Code"),
    ...variable("CLAUDE_CODE_CLIENT_KEY_PASSPHRASE", pair.passphrase, "Claude Code", true),
  ];
}

/** Without the preload a Node of 22.21 or later can at least be told to read the variables; with it, that would only be in the way. */
function node({ preload, nodeOptions, proxy }: VariableValues): ChildVariable[] {
  if (preload !== undefined) return variable("NODE_OPTIONS", requireFirst(preload, nodeOptions), "Node");
  const proxied = proxy.https !== undefined || proxy.http !== undefined;
  return proxied ? variable("NODE_USE_ENV_PROXY", "1", "Node 22.21 and later") : [];
}

function java(values: VariableValues): ChildVariable[] {
  return [
    ...variable("JAVA_TOOL_OPTIONS", javaToolOptions(values, readNoProxy(values.noProxy)), "Java"),
    ...variable("MAVEN_OPTS", mavenOptions(values), "Maven"),
  ];
}

function bothCases(name: string, value: string | undefined, readBy: string): ChildVariable[] {
  return [...variable(name, value, readBy), ...variable(name.toLowerCase(), value, readBy)];
}

function variable(
  name: string,
  value: string | undefined,
  readBy: string,
  secret = holdsLogin(value),
): ChildVariable[] {
  return value === undefined ? [] : [{ name, value, secret, readBy }];
}

const holdsLogin = (value = ""): boolean => /^[a-z0-9+.-]+:\/\/[^/]*@/i.test(value);

/**
 * Whether a variable of this process would lead a child past the policy: proxies that other variables name (`ALL_PROXY` wins over
 * nothing that is set here, but counts for http where there is a proxy for https alone), single tools' own proxies, which win over the
 * common ones, trust directories, whose authorities are in the bundle already, and switches that turn verification off.
 */
export function competes(name: string): boolean {
  return competing.has(name.toUpperCase().replaceAll("-", "_"));
}

const competing: ReadonlySet<string> = new Set(
  [
    "HTTPS_PROXY HTTP_PROXY ALL_PROXY NO_PROXY WS_PROXY WSS_PROXY GRPC_PROXY NO_GRPC_PROXY PIP_PROXY CARGO_HTTP_PROXY",
    "NPM_CONFIG_PROXY NPM_CONFIG_HTTP_PROXY NPM_CONFIG_HTTPS_PROXY NPM_CONFIG_NOPROXY NPM_CONFIG_CAFILE",
    "YARN_PROXY YARN_HTTP_PROXY YARN_HTTPS_PROXY SSL_CERT_DIR",
    "NODE_TLS_REJECT_UNAUTHORIZED GIT_SSL_NO_VERIFY PYTHONHTTPSVERIFY NPM_CONFIG_STRICT_SSL",
  ].flatMap((names) => names.split(" ")),
);
