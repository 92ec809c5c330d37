import type { ConnectError, FaultsAndWarnings } from "../base/errors.js";
import type { IpRange } from "../base/ip.js";
import type { Secret } from "../base/secret.js";

/** Where a value came from. Every value of a policy has one. */
export type Source =
  | { readonly kind: "option"; readonly name: string }
  | { readonly kind: "variable"; readonly name: string }
  | {
      readonly kind: "file";
      readonly path: string;
      readonly pointer: string;
      readonly scope: "user" | "managed" | "enforced";
    }
  | { readonly kind: "system"; readonly name: string }
  /** What the user has stored by this command of sallyport. */
  | { readonly kind: "stored"; readonly name: string }
  | { readonly kind: "default" };

/** A value, and where it came from. */
export interface Setting<T> {
  readonly value: T;
  readonly source: Source;
}

/**
 * A setting that names a file (or a directory): `value` is its absolute path, and may be shown. Where the setting holds what should be in the file,
 * `text` is that, and `value` what people call it: "the PEM text in SALLYPORT_CLIENT_KEY".
 */
export interface FileSetting extends Setting<string> {
  readonly text?: Secret;
  /** It holds what can be no path; `value` is a placeholder. Using it fails with this. */
  readonly fault?: ConnectError;
  /** The value may be a secret in the wrong place: the path is not to be shown unless there is such a file. */
  readonly doubtful?: true;
}

/** A secret, or where it is to be had at the time of use. */
export type SecretRef =
  | { readonly kind: "inline"; readonly secret: Secret }
  /** `ttl`: milliseconds for which a proxy's password is used; absent: until the proxy refuses it. */
  | { readonly kind: "command"; readonly command: string | readonly string[]; readonly ttl?: number }
  /** `doubtful`: as with a {@link FileSetting}. */
  | { readonly kind: "file"; readonly path: string; readonly doubtful?: true };

/** How a proxy is spoken to. `socks5` and `socks4` resolve names here, all others leave that to the proxy. */
export type ProxyProtocol = "http" | "https" | "socks5" | "socks5h" | "socks4" | "socks4a";

/** What a proxy is given where it asks for a login. */
export interface ProxyLogin {
  readonly username: string;
  /** SOCKS4 has a user name alone; an http proxy may be given an empty password. */
  readonly password: SecretRef;
}

/** The ways to log in at an HTTP proxy: by a Kerberos ticket, and by a password that is proven (NTLM version 2, Digest) or sent. */
export const loginSchemes = ["negotiate", "ntlm", "digest", "basic"] as const;

/** One of them. */
export type LoginScheme = (typeof loginSchemes)[number];

/** A command that prints a whole value of `Proxy-Authorization`, for proxies whose setting has no login. */
export interface AuthHelper {
  readonly command: string | readonly string[];
  /** The user's home: what the working directory holds must not be run in its place. */
  readonly directory: string;
  /** Milliseconds for which an answer is used, if it belongs to no single connection. */
  readonly ttl: number;
  /** It is Claude Code's own, and what switches it on there. */
  readonly claudeCode?: "variable" | "settings";
}

/** How to log in at HTTP proxies. */
export interface ProxyAuth {
  /** What may be used, in the order of preference. Default: all, as {@link loginSchemes} has them. */
  readonly schemes: Setting<readonly LoginScheme[]>;
  /** The principal of the proxy for Negotiate and NTLM. Default: `HTTP/` and the proxy's name. */
  readonly spn?: Setting<string>;
  /** Proxies that may be sent this user's Kerberos ticket, or a helper's answer, where a PAC file alone names them. Default: none of those. */
  readonly hosts?: Setting<NoProxyRules>;
  /** Asked where a proxy wants a login and its setting has none. Default: Claude Code's `proxyAuthHelper`, where that is switched on. */
  readonly helper?: Setting<AuthHelper>;
}

/** One proxy. */
export interface ProxyServer {
  readonly protocol: ProxyProtocol;
  /** Lower case, punycode, no brackets round IPv6, no trailing dot. */
  readonly host: string;
  readonly port: number;
  readonly login?: ProxyLogin;
}

/** What a setting says about the way out. `invalid` fails closed: using it throws the fault. */
export type ProxyChoice =
  | { readonly kind: "direct" }
  | { readonly kind: "server"; readonly server: ProxyServer }
  /** Two or more, in the order in which they are passed: each is asked for the next one, the last for the target. */
  | { readonly kind: "chain"; readonly servers: readonly ProxyServer[] }
  | { readonly kind: "pac"; readonly url: string }
  | { readonly kind: "invalid"; readonly fault: ConnectError };

/** One usable NO_PROXY entry. `text` is the entry as it was written. `port` limits it to that port. */
export type NoProxyEntry = HostPattern | SimpleNames;

/** `<local>` of an operating system's settings: every name without a dot. NO_PROXY and config files have no such entry. */
export interface SimpleNames {
  readonly text: string;
  readonly port?: never;
  readonly kind: "simple-names";
}

/** A host pattern in config files: the same grammar as an entry of NO_PROXY. */
export type HostPattern = { readonly text: string; readonly port?: number } & (
  | { readonly kind: "all" }
  /** The host and its sub-domains; with `subdomainsOnly`, the sub-domains alone. */
  | { readonly kind: "domain"; readonly domain: string; readonly subdomainsOnly: boolean }
  | { readonly kind: "range"; readonly range: IpRange }
);

/** NO_PROXY, read. */
export interface NoProxyRules {
  readonly entries: readonly NoProxyEntry[];
  /** `<-loopback>` was present: loopback and link-local addresses get no free pass. */
  readonly proxyLoopback: boolean;
}

/** A route for certain hosts. */
export interface RouteRule {
  readonly hosts: readonly HostPattern[];
  readonly proxy: ProxyChoice;
  readonly source: Source;
}

/** Whom to trust. */
export interface TrustSettings {
  /** PEM files that add to the default trust: no path twice. */
  readonly files: readonly FileSetting[];
  /** Directories of PEM files (OpenSSL's SSL_CERT_DIR). */
  readonly directories: readonly FileSetting[];
  readonly stores: Setting<readonly ("bundled" | "system")[]>;
  /** A file that will count once it is there: the user's own bundle. Absent where it is among the files. */
  readonly awaited?: string;
}

/** A client certificate as the settings name it: nothing of it has been read. */
export interface IdentitySpec {
  /** For people: "default", "proxy", or the name given in a config file. */
  readonly name: string;
  /** `all`: any origin. */
  readonly hosts: "all" | readonly HostPattern[];
  /** Either a pair of certificate and key, or a pfx; what is missing is a fault of loading. */
  readonly cert?: FileSetting;
  readonly key?: FileSetting;
  readonly pfx?: FileSetting;
  readonly passphrase?: Setting<SecretRef>;
  /** What is wrong with these settings, whatever the files hold: loading it fails with that. */
  readonly faults?: readonly ConnectError[];
  /** Hosts that see it are spoken to by TLS 1.2 and HTTP/1.1. */
  readonly maxTlsVersion?: "1.2";
}

/** Bounds of every wait, in milliseconds. */
export interface Timeouts {
  readonly dns: number;
  readonly tcp: number;
  readonly proxyTls: number;
  /** From sending CONNECT, or the SOCKS greeting, to the proxy's answer. */
  readonly tunnel: number;
  readonly tls: number;
  /** From the request to the first byte of the answer. */
  readonly firstByte: number;
}

/** All settings, merged and checked, each with its source. Plain data: it holds no open file and no connection. */
export interface Policy extends FaultsAndWarnings {
  /** The prefix of the variables that this policy was read from: `SALLYPORT` unless an author chose another. */
  readonly prefix: string;
  /**
   * The options that were passed in code, as JSON with absolute paths: Node children of `childEnvironment` get them from a private
   * file. Absent where none was passed.
   */
  readonly given?: Secret;
  /** For https and wss targets, and for http and ws targets. Absent: direct. */
  readonly proxy: { readonly https?: Setting<ProxyChoice>; readonly http?: Setting<ProxyChoice> };
  readonly noProxy: Setting<NoProxyRules>;
  readonly proxyAuth: ProxyAuth;
  /** What becomes of a URL for which a PAC file is to decide and cannot be had: it fails, or goes direct. Default: it fails. */
  readonly pacFallback: Setting<"fail" | "direct">;
  /** Every proxy that a setting names with a login. One of these gets its login also where a PAC file names it, and no other proxy does. */
  readonly pacLogins: readonly ProxyServer[];
  /** Per-host rules of config files; the first that matches wins, before NO_PROXY and the proxy variables. */
  readonly routes: readonly RouteRule[];
  readonly trust: TrustSettings;
  /** Shown to origins: those limited to hosts first, the default one last. */
  readonly identities: readonly IdentitySpec[];
  /** Shown to `https://` proxies only. */
  readonly proxyIdentity?: IdentitySpec;
  readonly timeouts: Timeouts;
  /** Warnings count as errors. */
  readonly strict: boolean;
  /** Every setting that was read, for `explain`: secrets as placeholders. */
  readonly settings: readonly SettingReport[];
}

/** One setting that was read: for `explain`. */
export interface SettingReport {
  readonly name: string;
  readonly value: string;
  readonly source: Source;
  /** Set where another setting of higher precedence won. */
  readonly overriddenBy?: Source;
}
