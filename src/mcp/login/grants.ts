import type { Client, ClientAuth, TokenEndpointRequestOptions } from "oauth4webapi";
import { certificateFor } from "./client.js";
import { proofOf } from "./client-proof.js";
import { badAnswer, missingEndpoint, refused, unknownTokenType } from "./faults.js";
import { readJson, type Ask } from "./request.js";
import type { Discovered, LoginOptions, RegisteredClient, Tokens } from "./types.js";

/** Whom tokens are asked of, and for whom. */
export interface Asking {
  readonly options: LoginOptions;
  readonly ask: Ask;
  readonly discovered: Discovered;
  readonly client: RegisteredClient;
  readonly signal: AbortSignal;
}

export interface CodeGrant {
  /** What the browser came back with, checked. */
  readonly parameters: URLSearchParams;
  readonly redirectUri: string;
  readonly verifier: string;
  readonly scope: string | undefined;
}

type Step = "the login code" | "the refresh token" | "the client's own login";

/** @throws {ConnectError} OAUTH_REFUSED */
export function exchangeCode(asking: Asking, { parameters, redirectUri, verifier, scope }: CodeGrant): Promise<Tokens> {
  return request(asking, "the login code", scope, (oauth, client, proof, options) =>
    oauth.authorizationCodeGrantRequest(
      asking.discovered.authorizationServer,
      client,
      proof,
      parameters,
      redirectUri,
      verifier,
      options,
    ),
  );
}

/** @throws {ConnectError} OAUTH_REFUSED */
export async function refresh(asking: Asking, { refresh: token = "", scope }: Tokens): Promise<Tokens> {
  const tokens = await request(asking, "the refresh token", scope, (oauth, client, proof, options) =>
    oauth.refreshTokenGrantRequest(asking.discovered.authorizationServer, client, proof, token, options),
  );
  // A server that gives no other one goes on with this.
  return { refresh: token, ...tokens };
}

/** @throws {ConnectError} OAUTH_REFUSED */
export function clientCredentials(asking: Asking, scope: string | undefined): Promise<Tokens> {
  return request(asking, "the client's own login", scope, (oauth, client, proof, options) => {
    const parameters = new URLSearchParams(options.additionalParameters as URLSearchParams);
    if (scope !== undefined) parameters.set("scope", scope);
    const { additionalParameters: _, ...rest } = options;
    return oauth.clientCredentialsGrantRequest(asking.discovered.authorizationServer, client, proof, parameters, rest);
  });
}

/** The client as the library wants it: whether it goes to the endpoints for certificates, and the server's clock. */
export async function clientOf({ options, discovered, client }: Asking): Promise<Client> {
  const oauth = await import("oauth4webapi");
  const { authorizationServer: server, clockAhead } = discovered;
  const byCertificate = client.method === "tls_client_auth" || client.method === "self_signed_tls_client_auth";
  const isBound = server.tls_client_certificate_bound_access_tokens === true;
  return {
    client_id: client.id,
    use_mtls_endpoint_aliases: (byCertificate || isBound) && (await certificateFor(options, server)) !== undefined,
    [oauth.clockSkew]: Math.round(clockAhead / 1000),
  };
}

async function request(
  asking: Asking,
  step: Step,
  scope: string | undefined,
  send: (
    oauth: typeof import("oauth4webapi"),
    client: Client,
    proof: ClientAuth,
    options: TokenEndpointRequestOptions,
  ) => Promise<Response>,
): Promise<Tokens> {
  const { options, ask, discovered, client, signal } = asking;
  const { authorizationServer: server, resource } = discovered;
  if (server.token_endpoint === undefined) throw missingEndpoint("token_endpoint");
  const oauth = await import("oauth4webapi");
  const answer = await send(oauth, await clientOf(asking), await proofOf(client, options, server), {
    [oauth.customFetch]: (url, init) =>
      ask(new URL(url), {
        method: init.method,
        headers: init.headers,
        body: String(init.body),
        redirect: "manual",
        signal,
      }),
    // Where plain http goes was decided when the metadata were read.
    [oauth.allowInsecureRequests]: true,
    additionalParameters: new URLSearchParams(resource === undefined ? {} : { resource }),
  });
  return tokensOf(answer, step, scope, options);
}

/**
 * Read here and not by the library: an ID token may stand beside, whose times it would compare with this machine's clock, and what it
 * throws holds the answer.
 */
async function tokensOf(
  answer: Response,
  step: Step,
  asked: string | undefined,
  { system }: LoginOptions,
): Promise<Tokens> {
  const body = (await readJson(answer)) ?? {};
  const text = (name: string): string | undefined => {
    const value = body[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const error = text("error");
  if (error !== undefined) throw refused(step, error, text("error_description"));
  if (!answer.ok) throw badAnswer(step, `HTTP ${answer.status}`);
  const access = text("access_token");
  if (access === undefined) throw badAnswer(step, "no access token");
  const type = text("token_type") ?? "Bearer";
  if (type.toLowerCase() !== "bearer") throw unknownTokenType(step);
  const [refreshToken, scope] = [text("refresh_token"), text("scope") ?? asked];
  const lifetime = Number(body["expires_in"]);
  return {
    access,
    obtainedAt: system.now(),
    ...(refreshToken !== undefined && { refresh: refreshToken }),
    ...(scope !== undefined && { scope }),
    ...(lifetime > 0 && { lifetime }),
  };
}
