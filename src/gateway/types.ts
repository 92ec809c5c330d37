import type { CertificateState } from "../base/certificate-life.js";
import type { HostPort } from "../base/hostname.js";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Fault, ConnectError } from "../base/errors.js";
import type { ContextOptions } from "../clients/index.js";
import type { DialContext, StageEvent } from "../dial/types.js";
import type { RouteReport } from "../route/types.js";

/** Where to listen. Nothing but loopback or a local socket is possible. */
export type GatewayAddress =
  /** Default host `127.0.0.1`, default port 0: any free one. */
  | { readonly host?: "127.0.0.1" | "::1"; readonly port?: number }
  /** A Unix socket, made with mode 0600. */
  | { readonly path: string };

/** How a gateway is made: where its settings come from, settings in code, where it listens, and its bounds. */
export interface GatewayOptions extends ContextOptions {
  /**
   * Loads the settings, at the start and at every reload; what it rejects with at a reload leaves the old ones in force.
   * Default: `loadContext` with the other options, so that the environment and the files are read again.
   */
  readonly load?: () => Promise<DialContext>;
  readonly listen?: GatewayAddress;
  /** What clients must present. Default: a random one; `false` lets every local process use the gateway. */
  readonly token?: string | false;
  /**
   * Takes CONNECT, absolute form and SOCKS from programs of the user that this process acts as without the token, where the system tells whose
   * a connection over TCP is (Linux). Default false: everybody presents it.
   */
  readonly sameUser?: boolean;
  /**
   * Hosts whose TLS is intercepted, so that programs which cannot present a client certificate reach them: NO_PROXY's grammar.
   * Added to the hosts that identities are limited to. An identity for all hosts has none intercepted by itself. `false`: nothing is intercepted, whatever the identities.
   */
  readonly intercept?: readonly string[] | false;
  /** Reverse proxies: a name, and the origin (`https://api.example.com`) that requests to it go to. */
  readonly origins?: Readonly<Record<string, string>>;
  /** Milliseconds that connections get to finish at `close`. Default 30 000. */
  readonly drainTimeout?: number;
  /** Default 4096; further clients take the places of those who have not shown the token, oldest first, or are answered 503. */
  readonly maximumConnections?: number;
  /** Bytes of a request's head. Default 16 384. */
  readonly maximumHeadSize?: number;
  /** Milliseconds in which a request's head must be complete, and a tunnel's first bytes must come. Default 30 000. */
  readonly headTimeout?: number;
  /** Targets in 169.254.0.0/16 and fe80::/10 (cloud metadata services) are refused unless this is true. */
  readonly linkLocal?: boolean;
  /** Connections are handed over with {@link Gateway.take}. Default false. */
  readonly captures?: boolean;
  /** Default true. */
  readonly statusPage?: boolean;
  /**
   * Milliseconds between two looks at the files that the settings come from, where the file system gives no notice of changes; where it does,
   * a sixth as often. A change that has come to rest reloads them. Default 5000; `false` looks at none.
   */
  readonly watch?: number | false;
  /**
   * Follows the machine into other networks, as `createNetwork` does with this option. Default true.
   */
  readonly followNetwork?: boolean;
  readonly onEvent?: (event: GatewayEvent) => void;
}

/** For a log. Holds no secret. */
export type GatewayEvent =
  /** Something under way is over, well or not. */
  | {
      readonly kind: "served";
      readonly by: ConnectionKind;
      readonly target: string;
      readonly intercepted: boolean;
      readonly route: RouteReport | undefined;
      readonly identity: string | undefined;
      /** Bytes from and to the client. */
      readonly up: number;
      readonly down: number;
      /** Milliseconds. */
      readonly duration: number;
    }
  | { readonly kind: "fault"; readonly target: string; readonly fault: Fault }
  | { readonly kind: "refused"; readonly status: number; readonly reason: string }
  /** `notIntercepted`: hosts of new identities whose TLS is not intercepted before the gateway is started again. */
  | { readonly kind: "reloaded"; readonly notIntercepted: readonly string[] }
  | { readonly kind: "reload-failed"; readonly fault: Fault }
  /** The machine is in another network: PAC files, proxies and connections of the one before no longer count. */
  | { readonly kind: "network-changed" }
  /** `connections`: what is under way. */
  | { readonly kind: "draining"; readonly connections: number }
  | { readonly kind: "closed" };

/** A port of its own, whose plain http requests go to one origin. */
export interface ReverseProxy {
  readonly name: string;
  /** `http://127.0.0.1:port`; holds no token: whoever reaches the port may use it. */
  readonly url: string;
  readonly origin: string;
}

/** A running gateway. */
export interface Gateway extends AsyncDisposable {
  /** `http://127.0.0.1:port`, or `unix:/path`. */
  readonly url: string;
  /** The same with the login: what goes into HTTPS_PROXY. On a Unix socket, where no URL can say it, the same as `url`. */
  readonly proxyUrl: string;
  /** `socks5h://…@127.0.0.1:port`, with the login. */
  readonly socksUrl: string;
  readonly token: string | undefined;
  readonly admits: Admits;
  /** With the token, to open in a browser. */
  readonly statusUrl: string | undefined;
  readonly origins: readonly ReverseProxy[];
  /** PEM of the authority that signs for intercepted hosts; undefined where none is intercepted. It lives as long as the gateway. */
  readonly authority: string | undefined;
  /** The settings in force. */
  readonly context: DialContext;
  /** The hosts that are intercepted, as they were written. */
  readonly intercepted: readonly string[];
  readonly snapshot: () => GatewayStatus;
  /**
   * Takes a connection over that a program meant for this target, by the name or the address that it knows, and serves it as the policy has it.
   * What cannot be reached is reset. With the option `captures`; otherwise it is closed.
   */
  take(client: Socket, target: { readonly host: string; readonly port: number }): void;
  /** Loads the settings again. @throws {ConnectError} for unusable ones; the old ones stay in force then. Harmless while draining. */
  reload(): Promise<void>;
  /** Takes no more, waits for what is under way (bounded by `drainTimeout`), then closes everything. */
  close(options?: { readonly drainTimeout?: number }): Promise<void>;
  /** Closes everything at once. */
  destroy(): Promise<void>;
}

/** Who may use a gateway: who shows the token; programs of the same user and who shows it; every process of this machine. */
export type Admits = "token" | "same-user" | "everyone";

/** How a client came to a gateway. */
export type ConnectionKind = "connect" | "socks5" | "forward" | "upgrade" | "origin";

/** One thing under way through the gateway. Mutable: whoever serves it keeps it up to date. */
export interface LiveConnection {
  readonly id: number;
  readonly kind: ConnectionKind;
  /** `host:port`. */
  readonly target: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Its TLS is intercepted here. */
  intercepted: boolean;
  route?: RouteReport;
  /** Name of the client certificate shown to the target. */
  identity?: string;
  readonly stages: StageEvent[];
  /** Bytes so far, from and to the client. */
  readonly bytes: () => { readonly up: number; readonly down: number };
  /** Ends it at once. */
  readonly destroy: () => void;
}

/** What the parts of the gateway share. */
export interface GatewayState {
  /** The settings in force: to be asked for at each use, since a reload changes them. */
  readonly context: () => DialContext;
  readonly options: ResolvedOptions;
  readonly startedAt: number;
  readonly live: Iterable<LiveConnection> & { readonly size: number };
  /** Registers something under way; `over` takes it off the list and adds its bytes to the totals, once. */
  track(begun: TrackedConnection): {
    readonly connection: LiveConnection;
    readonly over: (fault?: ConnectError) => void;
  };
  /** Counts a fault by its code, and tells `onEvent`. */
  fault(target: string, fault: ConnectError): void;
  /** Counts and tells a refusal of the gateway's own (407, 400, 431, 503, …). */
  refused(status: number, reason: string): void;
  readonly status: () => GatewayStatus;
  /** Aborted at `destroy`, or when a drain has run out. */
  readonly signal: AbortSignal;
  readonly draining: () => boolean;
  /** Aborted when the gateway begins to drain: who has not begun anything is let go. */
  readonly ending: AbortSignal;
}

export type TrackedConnection = Pick<LiveConnection, "kind" | "target" | "bytes" | "destroy">;

/** Who has started a gateway, and so reads what to do: each has other options. */
export type Starter = "command" | "library" | "run";

export interface ResolvedOptions {
  readonly token: string | undefined;
  readonly drainTimeout: number;
  readonly maximumConnections: number;
  readonly maximumHeadSize: number;
  readonly headTimeout: number;
  readonly linkLocal: boolean;
}

/** What the status tells of the gateway itself. */
export interface GatewayFacts {
  readonly version: string;
  readonly listening: string;
  readonly admits: Admits;
  readonly origins: readonly ReverseProxy[];
  readonly intercepted: readonly string[];
}

/** What `/status.json` answers and the page and the metrics show. Holds no secret. */
export interface GatewayStatus extends GatewayFacts {
  readonly startedAt: string;
  readonly uptimeSeconds: number;
  readonly draining: boolean;
  /** How the settings send traffic: a line for each proxy variable, rule and NO_PROXY entry. */
  readonly routes: readonly { readonly hosts: string; readonly way: string; readonly source: string }[];
  readonly certificates: readonly CertificateStatus[];
  readonly connections: readonly ConnectionStatus[];
  readonly totals: {
    readonly connections: Readonly<Record<ConnectionKind, number>>;
    readonly bytesUp: number;
    readonly bytesDown: number;
    readonly reloads: number;
    readonly failedReloads: number;
    readonly networkChanges: number;
  };
  /** Since the start, by code, most frequent first; `last` is ISO 8601. */
  readonly faults: readonly {
    readonly code: string;
    readonly count: number;
    readonly last: string;
    readonly message: string;
    readonly remedy: string;
  }[];
  /** By status that the gateway itself answered. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly warnings: readonly Fault[];
}

/** A client certificate of a running gateway. */
export interface CertificateStatus {
  readonly name: string;
  readonly subject: string;
  readonly issuer: string;
  readonly hosts: string;
  /** ISO 8601. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** Whole days; negative once it has expired. */
  readonly daysLeft: number;
  /** `expires-soon` as CLIENT_CERT_EXPIRES_SOON has it: within 14 days, or the last third of a shorter life. */
  readonly state: CertificateState;
}

/** A connection that a gateway has open. */
export interface ConnectionStatus {
  readonly id: number;
  readonly kind: ConnectionKind;
  readonly target: string;
  readonly since: string;
  readonly intercepted: boolean;
  readonly route: RouteReport | undefined;
  readonly identity: string | undefined;
  readonly up: number;
  readonly down: number;
  readonly stages: readonly {
    readonly stage: string;
    readonly hop: string;
    readonly ok: boolean;
    readonly ms: number;
    readonly detail: string;
  }[];
}

/** Intercepts TLS with the client for hosts with an identity (interceptor.ts). */
export interface Interceptor {
  /** PEM, without the key. */
  readonly authority: string;
  /** The hosts, as they were written. */
  readonly hosts: readonly string[];
  intercepts(host: string, port: number): boolean;
  /**
   * Takes over a tunnel that has been granted: peeks at the ClientHello, dials, shows a certificate of its own, and joins both.
   * Bytes that are not TLS go on to the target as they are. Settles when the tunnel is over; never rejects.
   */
  serve(client: Socket, target: HostPort, connection: LiveConnection): Promise<void>;
}

/** Requests that the gateway reads itself: absolute form, and those to the reverse proxy of an origin (forward.ts). */
export interface Forwarder {
  /** `target` is absolute; answers by itself, faults included. */
  request(request: IncomingMessage, response: ServerResponse, target: URL, kind: "forward" | "origin"): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, target: URL, kind: "upgrade" | "origin"): void;
  close(): Promise<void>;
}

/** The status page, `/metrics`, `/healthz`, `/status.json` (status/). Gives false for a path that it does not know. */
export interface StatusPages {
  handle(request: IncomingMessage, response: ServerResponse): boolean;
}
