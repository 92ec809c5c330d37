import type { IncomingMessage, ServerResponse } from "node:http";
import type { ClientMethod } from "../../../src/mcp/login/types.js";

/** What an OAuth server of the tests does, and in what it is wrong. All of it can be changed while it runs. */
export interface Behaviour {
  /** Where the protected resource metadata is, and whether the 401 names it. */
  resourceMetadata: "header" | "path" | "root" | "custom" | "none";
  /** Its `resource` in place of the MCP server's URL. */
  resource?: string;
  /** Its authorization servers in place of the issuer. */
  authorizationServers?: readonly string[];
  /** Its scopes. */
  scopesSupported?: readonly string[];
  /** Where the authorization server's metadata is. */
  metadata: "oauth" | "oidc" | "oidc-suffix" | "none";
  /** Fields of that metadata; null takes one away. */
  fields: Record<string, unknown>;
  /** The scope that the 401 names. */
  challengeScope?: string;
  /** The `iss` of the answer in the browser. */
  iss: "good" | "omitted" | "wrong";
  /** The `state` of that answer. */
  state: "good" | "wrong" | "omitted";
  /** An error that the browser comes back with. */
  denied?: string;
  registration: boolean;
  /** The method that a client registers with is this one, whatever it asked for. */
  tokenAuth: ClientMethod;
  /** An error of the token endpoint for this grant. */
  tokenErrors: Partial<Record<"authorization_code" | "refresh_token" | "client_credentials", string>>;
  /** Seconds; undefined leaves `expires_in` out. */
  lifetime: number | undefined;
  refreshTokens: boolean;
  /** Tokens are JWTs, bound to the client certificate that the token endpoint saw. */
  bound: boolean;
  /** The MCP server refuses tokens that its authorization server has given. */
  refuse: boolean;
  /** A request of this JSON-RPC method needs this scope as well. */
  needs: Readonly<Record<string, string>>;
  /** The token endpoint answers when this has resolved. */
  gate?: Promise<unknown>;
  /** Answers a request with a good token. Default: an empty result. */
  answer?: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
}

export const usual = (): Behaviour => ({
  resourceMetadata: "header",
  metadata: "oauth",
  fields: {},
  iss: "good",
  state: "good",
  registration: true,
  tokenAuth: "none",
  tokenErrors: {},
  lifetime: 3600,
  refreshTokens: true,
  bound: false,
  refuse: false,
  needs: {},
});

/** What happened, in order. */
export type OAuthEvent =
  | { readonly kind: "get"; readonly path: string }
  | { readonly kind: "register"; readonly body: Readonly<Record<string, unknown>> }
  | { readonly kind: "authorize"; readonly query: Readonly<Record<string, string>> }
  | {
      readonly kind: "token";
      readonly body: Readonly<Record<string, string>>;
      readonly path: string;
      readonly authorization: string | undefined;
      readonly peer: string | undefined;
    }
  | { readonly kind: "mcp"; readonly status: number; readonly authorization: string | undefined };
