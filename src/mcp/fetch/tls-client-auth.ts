import { insecureAlias, methodNotOffered } from "./faults.js";

/** How a client certificate logs in at an authorization server (RFC 8705 section 2): one of an authority, or one that signs itself. */
export type TlsClientAuthMethod = "tls_client_auth" | "self_signed_tls_client_auth";

/** Who logs in, and how. */
export interface TlsClientAuthOptions {
  /** As it was registered. A function is asked for each request: a client that registers itself has no id before. */
  readonly clientId: string | (() => string | undefined | Promise<string | undefined>);
  /** Default `tls_client_auth`. */
  readonly method?: TlsClientAuthMethod;
  /**
   * Asks the authorization server for its metadata where the SDK has dropped a part of it: of OpenID Connect's both SDKs keep no
   * `mtls_endpoint_aliases`. Default: what the SDK hands over is all.
   */
  readonly fetch?: (url: string) => Promise<Response>;
}

/** What the SDKs hand over of an authorization server's metadata. */
export interface TlsClientAuthMetadata {
  readonly issuer?: string | undefined;
  readonly token_endpoint_auth_methods_supported?: readonly string[] | undefined;
  readonly [field: string]: unknown;
}

/** The signature of `OAuthClientProvider.addClientAuthentication` in both SDKs. */
export type AddTlsClientAuth = (
  headers: Headers,
  params: URLSearchParams,
  url: string | URL,
  metadata?: TlsClientAuthMetadata,
) => Promise<void>;

/**
 * For `OAuthClientProvider.addClientAuthentication` of both MCP SDKs: logs the client in by its certificate, which the fetch of the
 * transport shows ({@link createMcpFetch}). It names the client and sends no secret, and where the authorization server has another token
 * endpoint for clients with certificates (`mtls_endpoint_aliases`), the request goes there.
 *
 * What it gives rejects with a ConnectError: OAUTH_REFUSED where the server says that it does not offer the method, OAUTH_DISCOVERY_FAILED
 * where its alias is not an https URL.
 */
export function createTlsClientAuth(options: TlsClientAuthOptions): AddTlsClientAuth {
  const { clientId, method = "tls_client_auth" } = options;
  const known = new Map<string, Promise<TlsClientAuthMetadata>>();
  return async (headers, params, url, metadata = {}) => {
    const offered = metadata.token_endpoint_auth_methods_supported;
    if (offered !== undefined && !offered.includes(method)) throw methodNotOffered(method, offered);
    const id = typeof clientId === "string" ? clientId : await clientId();
    if (id !== undefined) params.set("client_id", id);
    params.delete("client_secret");
    headers.delete("authorization");
    const alias = mtlsAlias(metadata, "token_endpoint") ?? (await aliasOfIssuer(metadata, options, known));
    // The SDKs send the request to the URL object that they hand over here; a string cannot be changed.
    if (alias !== undefined && typeof url !== "string") url.href = alias;
  };
}

/**
 * Where an endpoint is for clients that show a certificate, if that is another place.
 * @throws {ConnectError} OAUTH_DISCOVERY_FAILED for one that is not an https URL
 */
export function mtlsAlias(metadata: Readonly<Record<string, unknown>>, endpoint: string): string | undefined {
  const aliases = metadata["mtls_endpoint_aliases"];
  if (typeof aliases !== "object" || aliases === null) return undefined;
  const alias = (aliases as Readonly<Record<string, unknown>>)[endpoint];
  if (alias === undefined) return undefined;
  if (typeof alias !== "string" || !URL.canParse(alias) || new URL(alias).protocol !== "https:") throw insecureAlias();
  return alias;
}

/** Asked once for each issuer. What goes wrong leaves the endpoint that is known: without the alias it says itself what it wants. */
async function aliasOfIssuer(
  { issuer, ...metadata }: TlsClientAuthMetadata,
  { fetch }: TlsClientAuthOptions,
  known: Map<string, Promise<TlsClientAuthMetadata>>,
): Promise<string | undefined> {
  // Metadata of RFC 8414 is handed over whole; only OpenID Connect's has subject types, and it has lost its aliases.
  if (fetch === undefined || issuer === undefined || !("subject_types_supported" in metadata)) return undefined;
  let asked = known.get(issuer);
  if (asked === undefined) {
    const place = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    asked = fetch(place).then(
      async (answer) => (answer.ok ? ((await answer.json()) as TlsClientAuthMetadata) : {}),
      () => ({}),
    );
    known.set(issuer, asked);
  }
  const whole = await asked.catch((): TlsClientAuthMetadata => ({}));
  return whole.issuer === issuer ? mtlsAlias(whole, "token_endpoint") : undefined;
}
