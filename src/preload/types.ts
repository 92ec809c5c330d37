import type { HostPort } from "../base/hostname.js";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import type { Dispatcher } from "undici";
import type { PolicyOptions } from "../policy/index.js";
import type { AgentCore, AgentProtocol } from "../clients/index.js";

/** What the policy is read from, as it was when the process started. */
export interface Settings {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** The same, before what `sallyport run` had changed was undone: what children and threads are to have. */
  readonly given: Readonly<Record<string, string | undefined>>;
  /** Begins the names of our own variables: SALLYPORT, unless this process was started by a tool that chose another. */
  readonly prefix: string;
  /** What that tool has said in code. */
  readonly options: PolicyOptions;
  /** Why they are not all there: no request may leave then. */
  readonly fault?: { readonly path: string; readonly code: string };
}

export type { HostPort } from "../base/hostname.js";

/** What the program said about the connection that it asked node:net or node:tls for. */
export type SocketOptions = ConnectionOptions & { readonly [option: string]: unknown };

/** A connection that has been made, and what to say when it breaks. */
export interface Joined<Kind extends Duplex = Duplex> {
  readonly socket: Kind;
  /** The ConnectError behind an error or a close of this socket, where there is one. */
  explain(error: Error | undefined): Error | undefined;
}

/** The engine out, as the policy has them. Loaded at the first request. */
export interface Engine {
  readonly dispatcher: Dispatcher;
  /** Another object whenever the settings are others. */
  readonly settings: object;
  /** Connections for the agents of programs, and what is done with the requests on them. */
  core(protocol: AgentProtocol): AgentCore;
  /** This machine itself, where no setting names it. */
  leavesAlone(peer: HostPort): boolean;
  /**
   * TLS to a peer, with the program's own options where it set some.
   * @param begun is told of it before its handshake
   * @throws {ConnectError}
   */
  secure(
    peer: HostPort,
    options: SocketOptions,
    signal: AbortSignal,
    begun: (secure: TLSSocket) => void,
  ): Promise<Joined<TLSSocket>>;
  /** Plain HTTP to a peer: to it, or to what forwards requests to it. `upgrade`: what follows is a WebSocket. */
  plain(peer: HostPort, options: SocketOptions, upgrade: boolean, signal: AbortSignal): Promise<Joined>;
  /** To a web server, by a program of which it is not known what it will say: HTTP, a WebSocket. @throws {ConnectError} */
  byHand(peer: HostPort, options: SocketOptions, signal: AbortSignal): Promise<Joined>;
  /** To a peer that TLS will be spoken to, without it. @throws {ConnectError} */
  raw(peer: HostPort, options: SocketOptions, signal: AbortSignal): Promise<Joined<Socket>>;
  /** The program's options for TLS on such a connection, with what it leaves open filled in from the policy. */
  completed(peer: HostPort, options: SocketOptions): SocketOptions;
  /** TLS on such a connection that the program has, which may still be connecting. */
  secureOn(
    socket: Socket,
    peer: HostPort,
    options: SocketOptions,
    signal: AbortSignal,
    begun: (secure: TLSSocket) => void,
  ): Promise<Joined<TLSSocket>>;
  /** A connection to a proxy that is not there: CONNECT on it is answered here, and goes the policy's way. */
  proxy(): Joined;
}

/**
 * The one pending from the hooks to the engine. Whatever is done with these, the dialer's sockets, DNS, files and commands among it, is
 * ours and not the program's: it runs without the marks by which the program's own connections are told. (Of the program's own contexts
 * nothing is taken away.) Settings that are unusable fail with a ConnectError; at the next use they are read again.
 */
export interface EngineAccess {
  readonly isOpen: boolean;
  /** What is in force: another object whenever the settings are others. Undefined before they are open. */
  readonly settings: object | undefined;
  /** At once where they are open, and else when they are. */
  use(work: (engine: Engine) => void, failed: (error: Error) => void): void;
  open<T>(work: (engine: Engine) => T | Promise<T>): Promise<T>;
  /** Undefined where they are not open. */
  now<T>(work: (engine: Engine) => T): T | undefined;
}
