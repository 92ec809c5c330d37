import type { AuthorizationServer } from "oauth4webapi";
import type { BearerChallenge } from "./challenge.js";
import { insecure, missingEndpoint, noMetadata, noProofOfCode, otherIssuer, otherResource } from "./faults.js";
import { isSecure, readDocument, secureUrl, type Ask, type Document } from "./request.js";
import type { Discovered } from "./types.js";

interface Places {
  readonly server: URL;
  readonly ask: Ask;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/**
 * Finds out how to log in at a server: its protected resource metadata (RFC 9728), and those of the authorization server that they name
 * (RFC 8414, or OpenID Connect's). A server without the first is asked as servers up to 2025-03-26 are: it is its own.
 * @throws {ConnectError} OAUTH_DISCOVERY_FAILED
 */
export async function discover(challenge: BearerChallenge, places: Places): Promise<Discovered> {
  const { server } = places;
  if (!isSecure(server)) throw insecure(`the MCP server ${server.host}`);
  const resource = await resourceMetadata(challenge, places);
  const named = resource?.["authorization_servers"];
  const [first] = Array.isArray(named) ? (named as unknown[]) : [];
  const issuer = first === undefined ? server.origin : secureUrl(first, "an authorization server's name").href;
  // As it is written: `iss` and the metadata are compared with it letter by letter.
  const written = typeof first === "string" ? first : issuer;
  const found = await serverMetadata(written, places);
  if (found === undefined && resource !== undefined) throw noMetadata(written);
  const authorizationServer = found === undefined ? usualEndpoints(server) : checked(found.body);
  const scopes = resource?.["scopes_supported"];
  return {
    authorizationServer,
    resource: typeof resource?.["resource"] === "string" ? resource["resource"] : undefined,
    scopes: Array.isArray(scopes) ? scopes.filter((each): each is string => typeof each === "string") : undefined,
    clockAhead: clockAhead(found, places.now()),
  };
}

/** Below a minute it may be the way. */
function clockAhead(found: Document | undefined, now: number): number {
  const ahead = found?.date === undefined ? 0 : found.date - now;
  return Math.abs(ahead) < 60_000 ? 0 : ahead;
}

async function resourceMetadata(
  challenge: BearerChallenge,
  { server, ask, signal }: Places,
): Promise<Document["body"] | undefined> {
  const path = server.pathname.replace(/\/$/, "");
  const places = [
    ...(challenge.resourceMetadata === undefined ? [] : [secureUrl(challenge.resourceMetadata, "resource_metadata")]),
    new URL(`/.well-known/oauth-protected-resource${path}${server.search}`, server),
    new URL("/.well-known/oauth-protected-resource", server),
  ];
  for (const place of new Set(places.map(({ href }) => href))) {
    const found = await readDocument(ask, new URL(place), signal);
    if (found === undefined) continue;
    if (!covers(found.body["resource"], server)) throw otherResource(server);
    return found.body;
  }
  return undefined;
}

/** The metadata are for this server, or for a part of its origin in which it lies. */
function covers(resource: unknown, server: URL): boolean {
  if (typeof resource !== "string" || !URL.canParse(resource)) return false;
  const { origin, pathname } = new URL(resource);
  const within = (path: string): string => (path.endsWith("/") ? path : `${path}/`);
  return origin === server.origin && within(server.pathname).startsWith(within(pathname));
}

async function serverMetadata(issuer: string, { ask, signal }: Places): Promise<Document | undefined> {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, "");
  const places = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
  for (const place of new Set(places)) {
    const found = await readDocument(ask, new URL(place), signal);
    if (found === undefined) continue;
    const said = found.body["issuer"];
    // A slash behind a bare host is all that may differ: metadata of another issuer could send the code anywhere.
    const isSame = typeof said === "string" && URL.canParse(said) && new URL(said).href === new URL(issuer).href;
    if (!isSame) throw otherIssuer(place);
    return found;
  }
  return undefined;
}

const endpoints = ["authorization_endpoint", "token_endpoint", "registration_endpoint"] as const;

function checked(body: Document["body"]): AuthorizationServer {
  for (const name of endpoints) if (body[name] !== undefined) secureUrl(body[name], `the ${name}`);
  if (body["token_endpoint"] === undefined) throw missingEndpoint("token_endpoint");
  const methods = body["code_challenge_methods_supported"];
  if (Array.isArray(methods) && !methods.includes("S256")) throw noProofOfCode();
  return body as unknown as AuthorizationServer;
}

/** What servers up to 2025-03-26 have where they say nothing. */
function usualEndpoints({ origin }: URL): AuthorizationServer {
  return {
    issuer: origin,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    registration_endpoint: `${origin}/register`,
  };
}
