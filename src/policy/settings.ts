import type { LoginScheme, Timeouts } from "./types.js";

/** A secret as a setting: the value itself, or a command, a file or a variable that gives it. */
export type SecretInput =
  | string
  /**
   * A string goes through the platform's shell, an array does not. Run when the secret is needed, once for all who wait. A proxy's password is
   * used until the proxy refuses it, or for `ttl` milliseconds.
   */
  | { readonly command: string | readonly string[]; readonly ttl?: number | undefined }
  | { readonly file: string }
  | { readonly variable: string };

/** A proxy URL, `"direct"`, or a URL with its login apart from it. */
export type ProxyInput =
  | string
  | { readonly url: string; readonly username?: string | undefined; readonly password?: SecretInput | undefined };

/** One proxy; or several that are passed one after the other, the first one next to this machine. */
export type ProxyPathInput = ProxyInput | readonly ProxyInput[];

/** How to log in at HTTP proxies. */
export interface ProxyAuthInput {
  /** What may be used, in the order of preference. Default: negotiate, ntlm, digest, basic. */
  readonly schemes?: readonly LoginScheme[] | undefined;
  /** The principal of the proxy for Negotiate and NTLM, such as `HTTP/proxy.corp.example`. Default: by the proxy's name. */
  readonly spn?: string | undefined;
  /**
   * Proxies that may be sent this user's Kerberos ticket, or what the helper prints, where a PAC file alone names them, in the grammar of
   * NO_PROXY: `.corp.example`, `proxy.corp.example:3128`. Default: none of those.
   */
  readonly hosts?: string | readonly string[] | undefined;
  /**
   * A command that prints a whole value of `Proxy-Authorization`, asked where a proxy wants a login and its setting has none. A string goes
   * through the platform's shell, an array does not. Default: Claude Code's `proxyAuthHelper`, where that is switched on.
   */
  readonly helper?: string | readonly string[] | undefined;
  /** Milliseconds for which the helper's answer is used. Default: 300 000. */
  readonly helperTtl?: number | undefined;
}

/** Which proxy certain hosts are reached by. */
export interface RouteInput {
  readonly hosts: string | readonly string[];
  readonly proxy: ProxyPathInput;
}

/** A client certificate with its key. */
export interface CertificateInput {
  /** Paths of PEM files, or the PEM texts themselves, */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** or of a PKCS#12 file. */
  readonly pfx?: string | undefined;
  readonly passphrase?: SecretInput | undefined;
}

/** A client certificate for certain origins. */
export interface IdentityInput extends CertificateInput {
  readonly name?: string | undefined;
  /** Which origins see the certificate. Default: all. */
  readonly hosts?: string | readonly string[] | undefined;
  /** For servers that ask for the certificate only after a request. Default: the latest that Node and the server speak. */
  readonly maxTlsVersion?: "1.2" | undefined;
}

/** What a config file holds, or either part of a managed one. See schema/config.json. */
export interface ConfigSettings extends Pick<
  PolicyOptions,
  | "proxy"
  | "httpsProxy"
  | "httpProxy"
  | "noProxy"
  | "pac"
  | "pacFallback"
  | "routes"
  | "identities"
  | "timeouts"
  | "proxyAuth"
  | "strict"
  | "osProxy"
> {
  readonly ca?:
    | {
        readonly files?: readonly string[] | undefined;
        readonly directories?: readonly string[] | undefined;
        readonly stores?: readonly ("bundled" | "system")[] | undefined;
      }
    | undefined;
  readonly proxyIdentity?: CertificateInput | undefined;
}

/** What a program passes, over environment and files. Empty strings count as unset, as with variables. */
export interface PolicyOptions {
  /**
   * Begins the names of the variables that are sallyport's own: `MYTOOL` gives `MYTOOL_CLIENT_CERT`, `MYTOOL_CONFIG` and so
   * on in place of `SALLYPORT_…`. The `CLAUDE_CODE_…` names are read with the default prefix alone. Default: the snapshot's.
   */
  readonly prefix?: string | undefined;
  /** For every target. `"direct"` means none, whatever the environment says. */
  readonly proxy?: ProxyPathInput | undefined;
  /** For https and wss targets; goes before `proxy`. */
  readonly httpsProxy?: ProxyPathInput | undefined;
  /** For http and ws targets; goes before `proxy`. Serves https targets too where nothing else is set for them. */
  readonly httpProxy?: ProxyPathInput | undefined;
  readonly noProxy?: string | readonly string[] | undefined;
  /** URL of a PAC file, or `"wpad"`; goes before `proxy`, `httpsProxy` and `httpProxy`. */
  readonly pac?: string | undefined;
  /** Where the PAC file cannot be had, and there is no older copy. Default: `"fail"`. */
  readonly pacFallback?: "fail" | "direct" | undefined;
  /** PEM files that add to the default trust, or their texts. */
  readonly ca?: string | readonly string[] | undefined;
  readonly caDirectories?: string | readonly string[] | undefined;
  /** Default: bundled and system. */
  readonly proxyAuth?: ProxyAuthInput | undefined;
  readonly stores?: readonly ("bundled" | "system")[] | undefined;
  /** The default identity, shown to origins that no identity names: PEM files or their texts, or a PKCS#12 file. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly passphrase?: SecretInput | undefined;
  readonly pfx?: string | undefined;
  /** Shown to `https://` proxies alone. */
  readonly proxyCert?: string | undefined;
  readonly proxyKey?: string | undefined;
  readonly proxyPassphrase?: SecretInput | undefined;
  readonly proxyPfx?: string | undefined;
  readonly identities?: readonly IdentityInput[] | undefined;
  readonly routes?: readonly RouteInput[] | undefined;
  /** In milliseconds. */
  readonly timeouts?: { readonly [Name in keyof Timeouts]?: number | undefined } | undefined;
  readonly strict?: boolean | undefined;
  /** Whether the proxy settings of the operating system or the desktop count where nothing else names a proxy. Default: true. */
  readonly osProxy?: boolean | undefined;
}
