import type { Network } from "../clients/index.js";
import type { ConnectError } from "../base/errors.js";

/** What a server said that wants a login, or another one. */
export interface Challenge {
  /** 401, or 403 with `insufficient_scope`. */
  readonly status: number;
  /** WWW-Authenticate, if there was one. */
  readonly header: string | null;
  /** The Authorization that the request carried. */
  readonly sent: string | undefined;
}

/** OAuth for one server. */
export interface McpLogin {
  /** The value of the Authorization header for the next request; undefined where there is no token. */
  authorization(signal?: AbortSignal): Promise<string | undefined>;
  /**
   * After a 401 (or a 403 with insufficient_scope): true when a new token is there and the request may be sent once more.
   * @throws {ConnectError} when logging in failed
   */
  challenged(challenge: Challenge, signal?: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
}

/** Where a login comes from: nothing of it is loaded before it is needed. */
export interface LoginSource {
  /** Whether an earlier login left a token. Asked once, at the start, so it must be cheap. */
  stored(): Promise<boolean>;
  open(): Promise<McpLogin>;
}

/** Which of the two eras of the protocol is spoken to the server: `legacy` is up to 2025-11-25, `modern` from 2026-07-28. */
export type McpEra = "legacy" | "modern";

/** A header of every request to the server. Its value may change, as a token in a file does: it is asked for when it is needed. */
export interface BridgeHeader {
  readonly name: string;
  value(): Promise<string>;
}

/** What the bridge tells while it runs. */
export type BridgeEvent =
  /** Something failed. What asked for it has been told by a JSON-RPC error. */
  | { readonly kind: "fault"; readonly fault: ConnectError }
  /** A tool was left out of a list, since its definition breaks a rule of the protocol. */
  | { readonly kind: "tool-rejected"; readonly tool: string; readonly reason: string }
  /** A message passed. */
  | {
      readonly kind: "message";
      readonly direction: "to-server" | "to-client";
      readonly message: unknown;
    };

/** How a bridge between a client on stdio and one HTTP server is made. */
export interface BridgeOptions {
  readonly url: URL;
  readonly network: Pick<Network, "dispatcher">;
  /** The client's messages, one JSON text a line. */
  readonly input: AsyncIterable<Uint8Array>;
  /** Takes messages for the client. Resolves when there is room for more. */
  readonly output: { write(chunk: string): Promise<void> };
  readonly headers?: readonly BridgeHeader[];
  /** Default `auto`: whatever the server speaks, the client's own era where it speaks both. */
  readonly protocol?: "auto" | McpEra;
  /** Globs of tool names. A tool that is not allowed, or denied, is in no list and cannot be called. */
  readonly tools?: { readonly allow?: readonly string[]; readonly deny?: readonly string[] };
  readonly login?: LoginSource;
  readonly onEvent?: (event: BridgeEvent) => void;
  /** Ends the bridge: requests under way are given up. */
  readonly signal?: AbortSignal;
}

export type { LoginOptions } from "./login/types.js";
