import type { Agent, AgentOptions, ClientRequest, ClientRequestArgs } from "node:http";
import type { Duplex } from "node:stream";
import type { Socket } from "node:net";
import type { checkServerIdentity } from "node:tls";

/** Marks agents of ours, also those of another copy of this package. */
export const dialled = Symbol.for("sallyport.agent");

/** What node:http hands to an agent: the caller's options, with what it made of them. */
export interface ConnectOptions extends ClientRequestArgs {
  readonly servername?: string;
  readonly checkServerIdentity?: typeof checkServerIdentity;
  readonly [option: string | symbol]: unknown;
}

export type Created = (error: Error | null, socket?: Duplex) => void;

/**
 * The parts of node:http's Agent that its types leave out. `addRequest` and `createSocket` have had this shape since Node 0.11
 * and are what every proxy agent overrides.
 */
export interface NodeAgent extends Omit<Agent, "createConnection" | "destroy" | "keepSocketAlive" | "reuseSocket"> {
  readonly options: AgentOptions;
  addRequest(request: ClientRequest, options: ConnectOptions): void;
  createConnection(options: ConnectOptions, done?: Created): Duplex | null | undefined;
  createSocket(request: ClientRequest, options: ConnectOptions, done: Created): void;
  destroy(): void;
  getName(options?: ConnectOptions): string;
  keepSocketAlive(socket: Socket): boolean;
  reuseSocket(socket: Socket, request: ClientRequest): void;
}

export type NodeAgentClass = new (options?: AgentOptions) => NodeAgent;

/** A request as its agent sees it. */
export interface NodeRequest extends ClientRequest {
  readonly agent: Agent & { readonly options?: AgentOptions };
  /** The head, once it has been written down; what follows is in `outputData` until there is a socket. */
  _header: string | null;
  /** The head has been handed over, with the first chunk: to `outputData`, or to the socket. */
  readonly _headerSent: boolean;
  /** Every chunk passes through here; the first takes the head along. */
  _send(...written: unknown[]): boolean;
  /** Writes the head down, at the first `write`, `end` or `flushHeaders`. */
  _implicitHeader(): void;
  readonly outputData: { data: string | Uint8Array; readonly encoding?: string | null }[];
  /** Trailers, once there are some. */
  readonly _trailer: string;
  timeout?: number;
  onSocket(socket: Socket | undefined, error?: Error): void;
}
