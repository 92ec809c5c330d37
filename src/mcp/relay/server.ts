import type { ConnectError } from "../../base/errors.js";
import type { BridgeEvent, McpEra } from "../types.js";
import type { AnswerHead } from "./http.js";
import type { Id, Message, Notification, Request, Response } from "./json-rpc.js";

/** Where a server's messages go: each with its text in one line, if it is as it came, and the request on whose stream it came. */
export type Sink = (message: Message, text?: string, related?: Id) => void;

/** The server, as one era of the protocol speaks to it. Every request is answered through the sink, by an error where need be. */
export interface Server {
  readonly era: McpEra;
  request(request: Request, text: string): void;
  notify(notification: Notification, text: string): void;
  /** The client's answer to a request of the server's. */
  respond(response: Response, text: string): void;
  /** Whether this request is under way. */
  has(id: Id): boolean;
  /** Gives a request up, and tells the server so. */
  cancel(notification: Notification, id: Id): void;
  /** Ends everything that is open, and the session. */
  close(): Promise<void>;
}

/** What servers share of the bridge. */
export interface Surroundings {
  readonly sink: Sink;
  readonly tell: (event: BridgeEvent) => void;
  readonly fault: (fault: ConnectError) => void;
  /** While the client does not take what is there, no more is read. */
  readonly pressure: { readonly isFull: boolean; whenRoom(resume: () => void): void };
}

/** The server gave no message of MCP for a request: what it gave instead. */
export interface Refusal {
  readonly head: AnswerHead;
  readonly body: string;
}

export const accepted = { accept: "application/json, text/event-stream", "content-type": "application/json" } as const;
