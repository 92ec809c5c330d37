/** One request, as the server saw it. */
export interface Visit {
  /** Common name of the client certificate. */
  readonly peer: string | undefined;
  /** A login for a proxy that came along, as it stood in its header field. */
  readonly proxyLogin: string | undefined;
}

/** What a proxy was asked to open, or to forward. */
export interface Tunnel {
  /** `host:port`. */
  readonly target: string;
  readonly granted: boolean;
  /** The proxy was given a login. */
  readonly login: boolean;
}

/** One host that a cell's client is sent to, and what was seen there. */
export interface Sight {
  /** `host:port`. */
  readonly target: string;
  readonly host: string;
  /** It must be reached past the proxy. */
  readonly direct: boolean;
  /** Its TLS is opened by the proxy, where it has any. */
  readonly inspected: boolean;
  /** Its proxy lets nobody pass without a login. */
  readonly loginNeeded: boolean;
  /** The common name that the client must show; undefined: none. */
  readonly peer: string | undefined;
  readonly visits: readonly Visit[];
  /** Connections that came by the side door. */
  readonly sideDoor: number;
  /** Requests that the proxy read inside the tunnel. */
  readonly readByProxy: number;
}

/** All that one cell is judged by. Nothing of it but the first part is the client's own word. */
export interface Evidence {
  readonly status: number | null;
  /** It was ended for taking too long. */
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
  readonly sights: readonly Sight[];
  readonly tunnels: readonly Tunnel[];
  /** Names that were asked for in the DNS, other than the proxy's. */
  readonly questions: readonly string[];
  /** The proxy takes TLS alone, and got it. */
  readonly proxyTls: "none" | "missing" | "seen";
  /** Logins of the proxies, as they stand in header fields. */
  readonly logins: readonly string[];
  /** Client certificates that the proxy was shown. */
  readonly proxyPeers: readonly string[];
}
