import type { AuthorizationServer } from "oauth4webapi";
import { shownTo } from "../fetch/bound-requests.js";
import { badAnswer, noProof, noRegistration, refused } from "./faults.js";
import { readJson, type Ask } from "./request.js";
import type { ClientMethod, Discovered, LoginOptions, RegisteredClient } from "./types.js";

/** Whether a client id is the URL of a document that describes the client. */
export function isDocumentUrl(id: string | undefined): boolean {
  return id !== undefined && URL.canParse(id) && new URL(id).protocol === "https:" && new URL(id).pathname !== "/";
}

/**
 * The client that is given, if the authorization server knows it: by its id, or by the document that the id names (CIMD).
 * Undefined where it must register first.
 */
export async function givenClient(
  options: LoginOptions,
  { authorizationServer: server }: Discovered,
): Promise<RegisteredClient | undefined> {
  const { clientId: id } = options;
  if (id === undefined) return undefined;
  if (isDocumentUrl(id) && server["client_id_metadata_document_supported"] !== true) return undefined;
  return { id, method: await methodOf(options, server) };
}

async function methodOf(options: LoginOptions, server: AuthorizationServer): Promise<ClientMethod> {
  const offered = server.token_endpoint_auth_methods_supported;
  if (options.clientKey !== undefined) return "private_key_jwt";
  if (options.clientSecret !== undefined)
    // What every server with secrets must take, where it does not say.
    return offered === undefined || offered.includes("client_secret_basic") || !offered.includes("client_secret_post")
      ? "client_secret_basic"
      : "client_secret_post";
  const byCertificate = offered?.find((each) => each === "tls_client_auth" || each === "self_signed_tls_client_auth");
  if (byCertificate !== undefined && (await certificateFor(options, server)) !== undefined) return byCertificate;
  if (offered === undefined || offered.includes("none") || isDocumentUrl(options.clientId)) return "none";
  throw noProof(offered.join(", "));
}

/** Who the authorization server sees us as, at the endpoint that is for certificates. */
export async function certificateFor(
  { network }: Pick<LoginOptions, "network">,
  server: AuthorizationServer,
): Promise<string | undefined> {
  const endpoint = server.mtls_endpoint_aliases?.token_endpoint ?? server.token_endpoint;
  if (endpoint === undefined || !endpoint.startsWith("https:")) return undefined;
  return (await shownTo(network, new URL(endpoint))).thumbprint;
}

export interface Registration {
  readonly ask: Ask;
  readonly redirectUri: string;
  readonly scope: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Registers a client (RFC 7591).
 * @throws {ConnectError} OAUTH_REFUSED
 */
export async function register(
  server: AuthorizationServer,
  { ask, redirectUri, scope, signal }: Registration,
): Promise<RegisteredClient> {
  const { registration_endpoint: endpoint, token_endpoint_auth_methods_supported: offered = ["none"] } = server;
  if (endpoint === undefined) throw noRegistration();
  const possible = ["none", "client_secret_basic", "client_secret_post"] as const;
  const wanted = possible.find((each) => offered.includes(each)) ?? "none";
  const answer = await ask(new URL(endpoint), {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    redirect: "manual",
    signal,
    body: JSON.stringify({
      client_name: "sallyport",
      application_type: "native",
      redirect_uris: [redirectUri],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: wanted,
      ...(scope !== undefined && { scope }),
    }),
  });
  const body = await readJson(answer);
  if (!answer.ok)
    throw refused(
      "the registration of the client",
      text(body?.["error"]) ?? `HTTP ${answer.status}`,
      text(body?.["error_description"]),
    );
  const id = text(body?.["client_id"]);
  if (id === undefined) throw badAnswer("the registration of the client", "no client id");
  const secret = text(body?.["client_secret"]);
  const said = text(body?.["token_endpoint_auth_method"]);
  const method = possible.find((each) => each === said) ?? wanted;
  return { id, method, redirectUri, ...(secret !== undefined && method !== "none" && { secret }) };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
