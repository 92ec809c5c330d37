import type { LookupFunction } from "node:net";
import type { Authority } from "./ca.js";

/** A corporate network in a box: everything listens on loopback, on free ports, in this process. */
export interface Lab extends AsyncDisposable {
  /** A private temporary folder with all the files below; removed by {@link Lab.close}. */
  readonly directory: string;
  readonly files: LabFiles;
  /** For further certificates: one that is renewed, one for another use. */
  readonly authorities: LabAuthorities;
  readonly log: LabLog;
  /**
   * Names that end in `.lab.test` are known to proxies alone, as outside names are in such a network. A proxy knows a name of
   * `*.lab.test` or `*.inside.test` when an origin bears it, or when an origin listens on the port that is asked for.
   */
  readonly origins: readonly LabOrigin[];
  readonly proxies: readonly LabProxy[];
  origin(options?: OriginOptions): Promise<LabOrigin>;
  proxy(options?: ProxyOptions): Promise<LabProxy>;
  /**
   * What the client's own resolver answers: `localhost` and `*.localhost`, `*.inside.test` (loopback), and ENOTFOUND for all
   * else, `*.lab.test` included. Each question is logged as `resolve` by "client", so that a test can show that none was asked.
   */
  readonly lookup: LookupFunction;
  close(): Promise<void>;
}

export interface LabAuthorities {
  readonly root: Authority;
  /** Below `root`; issues what origins and TLS proxies show. */
  readonly intermediate: Authority;
  readonly inspector: Authority;
  /** The root that origins and proxies trust for client certificates. */
  readonly client: Authority;
  /** Below `client`; issues the client certificates. */
  readonly clientIssuing: Authority;
  /** Nothing in the lab trusts it. */
  readonly other: Authority;
}

/** Paths of PEM files unless the name says otherwise. All keys and certificates are made again for each lab. */
export interface LabFiles {
  readonly rootCa: string;
  readonly intermediateCa: string;
  /** Signs what the inspecting proxies show. */
  readonly inspectorCa: string;
  readonly clientCa: string;
  /** An authority that nothing in the lab trusts. */
  readonly otherCa: string;
  /** Root and inspector CA in one file. */
  readonly bundle: string;
  readonly client: LabClientFiles;
  /** Of `otherCa`: refused by every origin. */
  readonly wrongClient: LabClientFiles;
  readonly expiredClient: LabClientFiles;
  readonly passphrase: string;
}

export interface LabClientFiles {
  /** CN=alice, O=Lab (client), CN=mallory (wrongClient), CN=alice-expired. Leaf followed by its chain. */
  readonly cert: string;
  /** PKCS#8, not encrypted, mode 0600. */
  readonly key: string;
  /** PKCS#8, AES-256, opens with `passphrase`. */
  readonly encryptedKey: string;
}

export interface OriginOptions {
  /** Default `origin-N.lab.test`. Proxies resolve it; with port 443/80 they also map it to the real port. */
  readonly name?: string;
  /** Default true. */
  readonly tls?: boolean;
  /** ALPN offers h2 and http/1.1; default true. */
  readonly http2?: boolean;
  readonly clientCertificate?: "none" | "asked" | "required";
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
  readonly maxVersion?: "TLSv1.2" | "TLSv1.3";
  readonly certificate?:
    | "good"
    | "expired"
    | "not-yet-valid"
    | "wrong-name"
    | "self-signed"
    | "no-intermediate"
    | "untrusted-root";
  /** Default 127.0.0.1. */
  readonly address?: "127.0.0.1" | "::1";
  readonly fault?: OriginFault;
}

export interface LabOrigin extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
  readonly address: string;
  /** `https://name:port`: reachable through a proxy. */
  readonly url: string;
  /** `https://localhost:port`: reachable directly (the certificate names both, 127.0.0.1 and ::1). */
  readonly directUrl: string;
  /** Live: takes effect on the next connection or request. */
  fault: OriginFault | undefined;
  /** Destroys every open connection, as a crashed or rebooted peer does. */
  dropConnections(): void;
  close(): Promise<void>;
}

export type OriginFault =
  /** Accepts TCP and never says a word. */
  | "silent"
  /** Resets on the first byte, in the middle of the TLS handshake. */
  | "reset"
  /** Answers plain text where TLS is expected. */
  | "not-tls"
  /** TLS succeeds, then the connection is closed without an answer to the request. */
  | "close-before-answer"
  /** TLS succeeds, the request is read and never answered. */
  | "never-answers"
  /** Headers and half of the body, then a reset. */
  | "cut-body"
  /** Headers and one event, then silence. */
  | "stalled-stream"
  /** Speaks something else than HTTP after TLS. */
  | "not-http"
  /** Answers 400 "No required SSL certificate was sent" when no client certificate came, as nginx does. */
  | "nginx-400"
  /** Answers a filter's HTML block page with status 200. */
  | "block-page"
  /** Closes each connection after its first answer without saying so (no `Connection: close`). */
  | "close-after-answer";

export interface ProxyOptions {
  /** For the log; default `proxy-N`. */
  readonly name?: string;
  /** `https`: TLS to the proxy, certificate of the lab's root for `proxy.lab.test`, `localhost`, 127.0.0.1 and ::1. Default http. */
  readonly protocol?: "http" | "https" | "socks";
  /** Basic for http(s), user/password for socks (RFC 1929). Without it the proxy is open. */
  readonly login?: { readonly username: string; readonly password: string };
  /**
   * For `https`: "required" demands a client certificate of `clientCa`. By default the proxy asks for one all the same and
   * goes on without, so that the log (`tls`, `peer`) shows a client that gives its certificate to a proxy.
   */
  readonly clientCertificate?: "none" | "required";
  /** Opens TLS with its own CA; `exempt` hosts (exact names, or `.suffix`) pass through untouched. */
  readonly inspect?: boolean | { readonly exempt: readonly string[] };
  /** For `https`: which certificate it shows. */
  readonly certificate?: "good" | "expired" | "wrong-name" | "untrusted-root";
  readonly address?: "127.0.0.1" | "::1";
  readonly fault?: ProxyFault;
}

export interface LabProxy extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
  /** Without the login: `http://localhost:port`, `https://localhost:port`, `socks5h://localhost:port`. */
  readonly url: string;
  /** With the login, percent-encoded. */
  readonly urlWithLogin: string;
  /** What is asked for from the next request on: a password may be changed while the proxy runs. */
  login: ProxyOptions["login"];
  fault: ProxyFault | undefined;
  dropConnections(): void;
  close(): Promise<void>;
}

export type ProxyFault =
  /** A 2xx on CONNECT opens the tunnel all the same, with that status, reason and headers (RFC 9110 section 9.3.6). */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly reason?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Reads the CONNECT (or greeting) and never answers. */
  | { readonly kind: "silent" }
  /** Closes the connection at the CONNECT. */
  | { readonly kind: "close" }
  | { readonly kind: "reset" }
  /** Speaks, but not HTTP (an SSH banner, say). */
  | { readonly kind: "not-http" }
  /** The answer's head stops half way, and nothing follows. */
  | { readonly kind: "half-head" }
  /** A head without end. */
  | { readonly kind: "huge-head" }
  /** 407 whatever the login, offering these schemes. */
  | { readonly kind: "auth"; readonly schemes: readonly string[] }
  /** SOCKS5 reply code (RFC 1928 section 6), 1 to 8. */
  | { readonly kind: "socks-reply"; readonly code: number }
  /** Accepts TCP and never says a word (for `https`: not even in the handshake). */
  | { readonly kind: "dead" };

/** What each part saw, in order. Credentials are logged as they were received: a lab's secrets are not secret. */
export type LabEvent = { readonly seq: number; readonly by: string } & (
  | { readonly kind: "accept"; readonly connection: number }
  | {
      readonly kind: "tls";
      readonly connection: number;
      readonly version: string;
      readonly alpn: string | false;
      readonly resumed: boolean;
      readonly servername: string | false;
      readonly peer: string | undefined;
    }
  | { readonly kind: "tls-failed"; readonly connection: number; readonly error: string }
  /**
   * `authorization`: the raw Proxy-Authorization header; for SOCKS `user:password` (`user:` for SOCKS4).
   * `status`: the HTTP status; for SOCKS the reply code (0, or 90 for SOCKS4, when granted; 255 when no login fitted);
   * -1 when nothing that a client could read was answered.
   */
  | {
      readonly kind: "connect";
      readonly connection: number;
      readonly target: string;
      readonly authorization: string | undefined;
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
    }
  /** By a proxy: a request in absolute form, or one that it read inside an inspected tunnel. By an origin: a request. */
  | {
      readonly kind: "request";
      readonly connection: number;
      readonly method: string;
      readonly url: string;
      readonly httpVersion: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly peer: string | undefined;
      readonly inspected: boolean;
    }
  /** A name was resolved: `by` "client" or the proxy. */
  | { readonly kind: "resolve"; readonly name: string; readonly ok: boolean }
  | { readonly kind: "close"; readonly connection: number }
);

export interface LabLog {
  readonly events: readonly LabEvent[];
  /** Events of one part, and of one kind where that is given. `by` is the name of an origin or proxy, or "client". */
  of<K extends LabEvent["kind"]>(by: string, kind: K): readonly Extract<LabEvent, { kind: K }>[];
  of(by: string): readonly LabEvent[];
  /** Resolves with the first event that fits, past or to come; rejects after `ms` (default 5000). */
  waitFor(fits: (event: LabEvent) => boolean, ms?: number): Promise<LabEvent>;
  clear(): void;
}

/** The JSON that every origin answers on `/echo` and on any path that it does not know. */
export interface LabEcho {
  readonly origin: string;
  readonly method: string;
  readonly url: string;
  readonly httpVersion: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Common name of the client certificate, null without one. */
  readonly peer: string | null;
  readonly tls: {
    readonly version: string;
    readonly alpn: string | false;
    readonly resumed: boolean;
    readonly issuerSeen?: string;
  } | null;
  /** Number of the connection at this origin, from 1. */
  readonly connection: number;
  readonly body: { readonly length: number; readonly sha256: string };
}

/** What {@link startStandardLab} sets up. */
export interface StandardLab extends Lab {
  /** Of every proxy but the inspector; the password needs percent-encoding in a URL. */
  readonly login: { readonly username: string; readonly password: string };
  /** `api.lab.test`: TLS, HTTP/2 and HTTP/1.1, no client certificate. */
  readonly api: LabOrigin;
  /** `mtls.lab.test`: TLS 1.3, demands a client certificate. */
  readonly mtls: LabOrigin;
  /** `intranet.inside.test`: TLS; the client can resolve it as well. */
  readonly inside: LabOrigin;
  /** `plain.lab.test`: plain http. */
  readonly plain: LabOrigin;
  /** Plain http, Basic login. */
  readonly basic: LabProxy;
  /** TLS to the proxy, Basic login. */
  readonly overTls: LabProxy;
  /** Plain http, open; inspects TLS except for mtls.lab.test. */
  readonly inspector: LabProxy;
  /** SOCKS5 with user and password. */
  readonly socks: LabProxy;
  /** All together: TLS to the proxy, Basic login, inspects TLS except for mtls.lab.test. */
  readonly strict: LabProxy;
}
