import type { AuthorizationServer } from "oauth4webapi";
import type { Secret } from "../../base/secret.js";
import type { System } from "../../base/system.js";
import type { Network } from "../../clients/index.js";
import type { SecretFiles } from "../../env/index.js";

/** How a client proves to an authorization server who it is. */
export type ClientMethod =
  | "none"
  | "client_secret_basic"
  | "client_secret_post"
  | "private_key_jwt"
  | "tls_client_auth"
  | "self_signed_tls_client_auth";

/** What a user says about the login of one MCP server. */
export interface LoginOptions {
  readonly server: URL;
  /** All requests go this way. */
  readonly network: Pick<Network, "fetch" | "identities">;
  readonly system: System;
  /** Where logins are kept. */
  readonly files: SecretFiles;
  /** A line for the person in front of the screen. */
  readonly tell: (line: string) => void;
  /** Opens a URL in the user's browser, and says whether it could. Undefined: the URL is told and nothing is opened. */
  readonly openBrowser?: ((url: string) => Promise<boolean>) | undefined;
  /** As registered, or the https URL of a client id metadata document. Default: the client registers itself. */
  readonly clientId?: string | undefined;
  readonly clientSecret?: (() => Promise<Secret>) | undefined;
  /** A private key for private_key_jwt: PEM (PKCS#8), or a JWK. */
  readonly clientKey?: (() => Promise<Secret>) | undefined;
  /** In place of what the server asks for. */
  readonly scope?: string | undefined;
  /** The program logs in by itself, and no user. Default: where the authorization server offers nothing else. */
  readonly grant?: "client_credentials" | undefined;
  /** Of the listener that the browser comes back to. Default: a free one. */
  readonly callbackPort?: number | undefined;
  /** Milliseconds for the login in the browser. Default 300 000. */
  readonly browserTimeout?: number | undefined;
}

/** What a server asks for a login has said, and what its metadata say. */
export interface Discovered {
  readonly authorizationServer: AuthorizationServer;
  /** The resource indicator, as it is written in the metadata. Undefined for servers that have none (up to 2025-03-26). */
  readonly resource: string | undefined;
  readonly scopes: readonly string[] | undefined;
  /** Milliseconds that the authorization server's clock is ahead of ours, as far as it told. */
  readonly clockAhead: number;
}

/** A client as an authorization server knows it. */
export interface RegisteredClient {
  readonly id: string;
  readonly method: ClientMethod;
  /** Of one that registered itself. */
  readonly secret?: string;
  /** Where the browser comes back to, which it is registered with. */
  readonly redirectUri?: string;
}

export interface Tokens {
  readonly access: string;
  readonly refresh?: string;
  /** What was granted, else what was asked for. */
  readonly scope?: string;
  /** By this machine's clock, in milliseconds since the epoch. */
  readonly obtainedAt: number;
  /** Seconds. */
  readonly lifetime?: number;
}

/** A login as it is kept. */
export interface StoredLogin {
  readonly version: 1;
  readonly server: string;
  readonly authorizationServer: AuthorizationServer;
  readonly resource?: string;
  readonly client: RegisteredClient;
  /** What was asked for, which may be more than was granted. */
  readonly requestedScope?: string;
  readonly tokens?: Tokens;
}
