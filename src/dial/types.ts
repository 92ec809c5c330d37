import type { LookupFunction, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { ConnectError, Hop } from "../base/errors.js";
import type { Stage } from "../base/codes.js";
import type { System } from "../base/system.js";
import type { Identities, Identity } from "../identity/types.js";
import type { Policy, ProxyServer, Timeouts } from "../policy/types.js";
import type { Route } from "../route/types.js";
import type { TrustBundle } from "../trust/types.js";
import type { Abortable } from "./abortable.js";

/** All that a connection is made from. Immutable: new files or settings make a new context. */
export interface DialContext {
  readonly policy: Policy;
  readonly trust: TrustBundle;
  readonly identities: Identities;
  readonly system: System;
  /** Where a URL goes. May take time (PAC); rejects or throws a ConnectError. */
  readonly route: (url: string) => Route | Promise<Route>;
  /**
   * To be told of a proxy that cannot be used, so that the other ways of a PAC file go before it for a while. `isSilent`: it cannot be connected
   * to, and is back as soon as it can.
   */
  readonly setAside?: (proxy: ProxyServer, isSilent?: boolean) => void;
  /** Some URLs that PAC files were asked about last. */
  readonly inUse?: () => readonly string[];
  /** The routes of the same settings in another network, to which the machine has moved: nothing that was found out before counts there. */
  readonly elsewhere?: () => Pick<DialContext, "route" | "setAside" | "inUse" | "elsewhere">;
}

/** What is to be reached: a server that HTTP is spoken with, or one to which a tunnel is wanted. */
export type Target = HttpTarget | TunnelTarget;

/**
 * A server that HTTP is spoken with. `https:` gives a socket with TLS to the target. `http:` gives one without it; behind an http(s)
 * proxy that is the connection to the proxy, on which requests go in absolute form ({@link Connection.forward}).
 */
export interface HttpTarget {
  readonly protocol: "http:" | "https:";
  /** A name, or an IP literal with or without brackets; its zone counts where it is connected to from here. */
  readonly host: string;
  readonly port: number;
  /** For SNI and the name check where it is not `host`. */
  readonly servername?: string;
}

/**
 * Bytes to and from a server, whatever is spoken in them: every proxy on the way is asked for a tunnel. WebSocket without TLS needs
 * one (RFC 6455 section 4.1), and so does a program that speaks TLS itself.
 */
export interface TunnelTarget {
  readonly protocol: "tcp:";
  /** As with {@link HttpTarget}. */
  readonly host: string;
  readonly port: number;
  /**
   * What will be spoken, for the settings know no other kinds: the route is the one of such URLs. Default: `http:` on port 80, and
   * `https:` on all others, as programs do that send a CONNECT.
   */
  readonly carries?: "http:" | "https:";
}

/** Published on `diagnostics_channel` "sallyport:dial:stage", and given to `onStage`. */
export interface StageEvent {
  readonly stage: Stage;
  readonly hop: Hop;
  /** `host:port` of the hop concerned. */
  readonly peer: string;
  readonly ok: boolean;
  /** Milliseconds that this stage took. */
  readonly ms: number;
  /** One line for people: an address, a protocol version, a certificate's issuer. Holds no secret. */
  readonly detail: string;
  readonly error?: ConnectError;
}

/** How one connection is made, beyond what the context says. */
export interface DialOptions {
  /** An AbortSignal, or as much of one. */
  readonly signal?: Abortable;
  /** Offered in this order; default `["http/1.1"]`. */
  readonly alpn?: readonly string[];
  /** Milliseconds for single stages, instead of the policy's. */
  readonly timeouts?: Partial<Timeouts>;
  /**
   * Milliseconds for the whole dial, from the choice of the route to the last handshake, second attempts included; the bounds of the
   * stages hold besides. When it is over, the stage that is under way fails with its own fault. Default: none.
   */
  readonly deadline?: number;
  /** The way to take, whatever the settings say. Default: the context's route for the target. */
  readonly route?: Route;
  /** The client certificates of this dial. Default: the context's. */
  readonly identities?: Identities;
  /**
   * Where the connection to the target begins, and which kind of address it goes to, on a way without a proxy: `localAddress` and `family` of
   * `net.connect`. Default: what the system chooses, and both kinds.
   */
  readonly direct?: { readonly localAddress?: string; readonly family?: number };
  /** Resolves the names that are looked up here, in the manner of `dns.lookup`. Default: the context's. */
  readonly lookup?: LookupFunction;
  /**
   * Whether the kernel asks from time to time if the first hop is still there, which keeps silent connections in the tables of firewalls.
   * Default true; false for a caller who sees to it himself.
   */
  readonly keepAlive?: boolean;
  readonly onStage?: (event: StageEvent) => void;
  /** Told of the target's TLS before its handshake: keys for a log are told by the socket then, and at no other time. */
  readonly onSecure?: (socket: TLSSocket) => void;
  /** For the target, which is then spoken to by HTTP/1.1: HTTP/2 forbids what this is for (see `late`). Default: no bound. */
  readonly maxVersion?: "TLSv1.2";
  /** Groups that the target's ClientHello offers, as OpenSSL spells them (`X25519:P-256`). Default: what this Node offers. */
  readonly groups?: string;
}

/** How requests go on a connection to a proxy that takes them in absolute form. */
export interface Forward {
  /** Requests carry a configured login, and may be refused because of it. */
  readonly hasLogin: boolean;
  /** The proxy may refuse a request for its login, or for want of one, and take it a second time with another. */
  readonly mayRefuse: boolean;
  /** The login is none to be sent again as things stand: a further request goes on a new connection. */
  readonly isOutdated: boolean;
  /**
   * To be called for each request when it is sent. Others wait with the same login until the first answer is told, if nobody knows
   * yet whether it is right: it must not be sent many times when it is wrong.
   */
  request(target: Pick<Target, "host" | "port">): ForwardedRequest;
}

/** One request to a proxy in absolute form. */
export interface ForwardedRequest {
  /** Go on this request, and on no other: they hold the proxy's login. To be asked for once, with what stands in the request line. */
  headers(line: { readonly method: string; readonly uri: string }): Readonly<Record<string, string>>;
  /** The head of its answer. `offered` is the Proxy-Authenticate field. */
  answered(status: number, offered: string): void;
  /**
   * Whether the request may go out once more on a new connection: the login was refused and there is another one now, or the proxy wants
   * it in another way.
   * @throws {ConnectError} SECRET_COMMAND_FAILED where the new one cannot be had; PROXY_AUTH_TICKET, PROXY_AUTH_UNSUPPORTED where what the proxy wants cannot
   * @throws the signal's reason after an abort
   */
  renewed(signal?: Abortable): Promise<boolean>;
}

/** Watches the answers on one connection for whether its server would have asked for the client certificate. */
export interface AnswerWatch {
  /** Connections that are made now speak TLS 1.2, where this one does not: it is not to be used again. */
  readonly outdated: boolean;
  /**
   * To be told of each answer. True: the server may have wanted the certificate, and the same request may be answered otherwise
   * on a new connection that speaks TLS 1.2 (`maxVersion`).
   */
  answered(status: number, path: string): boolean;
}

/** A socket that is ready for HTTP. */
export interface Connection {
  readonly socket: Socket | TLSSocket;
  readonly route: Route;
  /** "h2", "http/1.1", or undefined where no ALPN was agreed on or no TLS spoken. */
  readonly alpn: string | undefined;
  /** Set where the peer is a proxy that wants absolute-form requests. */
  readonly forward: Forward | undefined;
  /** The client certificate that was offered to the target. */
  readonly identity: Identity | undefined;
  /** To be told of the answers of a server that may ask for the client certificate only after it has read a request. */
  readonly late: AnswerWatch | undefined;
  readonly stages: readonly StageEvent[];
}
