import { createHash, randomBytes } from "node:crypto";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import https from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { usual, type Behaviour, type OAuthEvent } from "./behaviour.js";

interface Grant {
  readonly client: string;
  readonly scope: string;
  readonly challenge: string;
  readonly redirect: string;
  readonly resource: string;
}

/** An MCP server and its authorization server, on loopback: the one is called `localhost`, the other `127.0.0.1`, on the same port. */
export class OAuthServer implements AsyncDisposable {
  readonly behave: Behaviour = usual();
  readonly log: OAuthEvent[] = [];
  readonly #server: http.Server | https.Server;
  readonly #sockets = new Set<Socket>();
  readonly #codes = new Map<string, Grant>();
  readonly #refresh = new Map<string, Grant>();
  readonly #tokens = new Map<string, { readonly scope: string; readonly bound: string | undefined }>();
  #port = 0;

  /** With a key and a certificate it speaks TLS, and asks for client certificates without requiring one. */
  static async start(tls?: https.ServerOptions): Promise<OAuthServer> {
    const server = new OAuthServer(tls);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    const address = server.#server.address();
    server.#port = typeof address === "object" && address !== null ? address.port : 0;
    return server;
  }

  private constructor(tls: https.ServerOptions | undefined) {
    this.#server =
      tls === undefined
        ? http.createServer()
        : https.createServer({ requestCert: true, rejectUnauthorized: false, ...tls });
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    this.#server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      this.#handle(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
  }

  get #scheme(): string {
    return this.#server instanceof https.Server ? "https" : "http";
  }

  get mcp(): URL {
    return new URL(`${this.#scheme}://localhost:${this.#port}/mcp`);
  }

  get issuer(): string {
    return `${this.#scheme}://127.0.0.1:${this.#port}/as`;
  }

  of<K extends OAuthEvent["kind"]>(kind: K): Extract<OAuthEvent, { kind: K }>[] {
    return this.log.filter((event): event is Extract<OAuthEvent, { kind: K }> => event.kind === kind);
  }

  /** All tokens that were given are good no longer. */
  revokeAccess(): void {
    this.#tokens.clear();
  }

  revokeRefresh(): void {
    this.#refresh.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.mcp);
    const { pathname } = url;
    if (pathname === "/mcp") return this.#serveMcp(request, response);
    if (pathname === "/as/authorize") return this.#authorize(url, response);
    if (pathname === "/as/token" || pathname === "/as/mtls/token") return this.#token(request, response, pathname);
    if (pathname === "/as/register") return this.#register(request, response);
    this.log.push({ kind: "get", path: pathname });
    const document = this.#documents()[pathname];
    json(response, document === undefined ? 404 : 200, document ?? { error: "not_found" });
  }

  #documents(): Readonly<Record<string, object>> {
    const { resourceMetadata, metadata } = this.behave;
    const place = {
      header: "/.well-known/oauth-protected-resource/mcp",
      path: "/.well-known/oauth-protected-resource/mcp",
      root: "/.well-known/oauth-protected-resource",
      custom: "/about.json",
      none: "",
    }[resourceMetadata];
    const about = {
      oauth: "/.well-known/oauth-authorization-server/as",
      oidc: "/.well-known/openid-configuration/as",
      "oidc-suffix": "/as/.well-known/openid-configuration",
      none: "",
    }[metadata];
    return { [place]: this.#aboutResource(), [about]: this.#aboutServer() };
  }

  #aboutResource(): object {
    const { resource = this.mcp.href, authorizationServers = [this.issuer], scopesSupported } = this.behave;
    return { resource, authorization_servers: authorizationServers, scopes_supported: scopesSupported };
  }

  #aboutServer(): object {
    const { issuer } = this;
    const { tokenAuth, registration, fields } = this.behave;
    const all: Record<string, unknown> = {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      ...(registration && { registration_endpoint: `${issuer}/register` }),
      response_types_supported: ["code"],
      grant_types_supported: ["authorization_code", "refresh_token", "client_credentials"],
      code_challenge_methods_supported: ["S256"],
      token_endpoint_auth_methods_supported: [tokenAuth],
      authorization_response_iss_parameter_supported: true,
      // What OpenID Connect demands besides.
      jwks_uri: `${issuer}/jwks`,
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
      ...fields,
    };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
  }

  async #serveMcp(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { authorization } = request.headers;
    const { behave } = this;
    const token = /^Bearer (.+)$/.exec(authorization ?? "")?.[1] ?? "";
    const known = this.#tokens.get(token);
    const isBoundElsewhere = known?.bound !== undefined && known.bound !== thumbprint(request.socket);
    // A handler of the SDK's reads the body itself.
    const body = behave.answer === undefined ? await read(request) : "";
    const method = body === "" ? "" : String((JSON.parse(body) as { method?: string }).method);
    const needed = behave.needs[method];
    const told = (status: number): unknown => this.log.push({ kind: "mcp", status, authorization });
    if (known === undefined || isBoundElsewhere || behave.refuse) {
      told(401);
      response.setHeader("www-authenticate", this.#challenge(known === undefined ? undefined : "invalid_token"));
      return json(response, 401, { error: "invalid_token" });
    }
    if (needed !== undefined && !known.scope.split(" ").includes(needed)) {
      told(403);
      response.setHeader("www-authenticate", this.#challenge("insufficient_scope", needed));
      return json(response, 403, { error: "insufficient_scope" });
    }
    told(200);
    if (behave.answer !== undefined) return behave.answer(request, response);
    json(response, 200, { jsonrpc: "2.0", id: 1, result: {} });
  }

  #challenge(error: string | undefined, scope = this.behave.challengeScope): string {
    const { resourceMetadata } = this.behave;
    const place = resourceMetadata === "custom" ? "/about.json" : "/.well-known/oauth-protected-resource/mcp";
    const named = resourceMetadata === "header" || resourceMetadata === "custom";
    const parts = [
      ...(error === undefined ? [] : [`error="${error}"`]),
      ...(named ? [`resource_metadata="${this.mcp.origin}${place}"`] : []),
      ...(scope === undefined ? [] : [`scope="${scope}"`]),
    ];
    return `Bearer ${parts.length === 0 ? 'realm="mcp"' : parts.join(", ")}`;
  }

  #authorize(url: URL, response: ServerResponse): void {
    const query = Object.fromEntries(url.searchParams);
    this.log.push({ kind: "authorize", query });
    const { iss, state, denied } = this.behave;
    const redirect = new URL(query["redirect_uri"] ?? "");
    if (denied === undefined) {
      const code = `code-${randomBytes(16).toString("hex")}`;
      this.#codes.set(code, {
        client: query["client_id"] ?? "",
        scope: query["scope"] ?? "",
        challenge: query["code_challenge"] ?? "",
        redirect: query["redirect_uri"] ?? "",
        resource: query["resource"] ?? "",
      });
      redirect.searchParams.set("code", code);
    } else redirect.searchParams.set("error", denied);
    if (state !== "omitted") redirect.searchParams.set("state", state === "good" ? (query["state"] ?? "") : "other");
    if (iss !== "omitted") redirect.searchParams.set("iss", iss === "good" ? this.issuer : "https://evil.example");
    response.writeHead(302, { location: redirect.href }).end();
  }

  async #register(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse(await read(request)) as Record<string, unknown>;
    this.log.push({ kind: "register", body });
    if (!this.behave.registration) return json(response, 403, { error: "access_denied" });
    const { tokenAuth } = this.behave;
    const secret = tokenAuth.startsWith("client_secret")
      ? { client_secret: `secret-${randomBytes(8).toString("hex")}` }
      : {};
    json(response, 201, {
      ...body,
      client_id: `client-${randomBytes(4).toString("hex")}`,
      token_endpoint_auth_method: tokenAuth,
      ...secret,
    });
  }

  async #token(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const body = Object.fromEntries(new URLSearchParams(await read(request)));
    const { authorization } = request.headers;
    this.log.push({ kind: "token", body, path, authorization, peer: peerOf(request.socket) });
    await this.behave.gate;
    const grant = body["grant_type"] as keyof Behaviour["tokenErrors"];
    const error = this.behave.tokenErrors[grant] ?? this.#refusal(grant, body, request.socket);
    if (error !== undefined) return json(response, error === "invalid_client" ? 401 : 400, { error });
    const old = this.#codes.get(body["code"] ?? "") ?? this.#refresh.get(body["refresh_token"] ?? "");
    this.#codes.delete(body["code"] ?? "");
    this.#refresh.delete(body["refresh_token"] ?? "");
    json(response, 200, this.#issue(grant, body, old, request.socket));
  }

  #refusal(grant: string, body: Readonly<Record<string, string>>, socket: Socket): string | undefined {
    if (
      this.behave.tokenAuth === "tls_client_auth" &&
      (peerOf(socket) === undefined || body["client_id"] === undefined)
    )
      return "invalid_client";
    if (grant === "authorization_code") {
      const code = this.#codes.get(body["code"] ?? "");
      const proof = createHash("sha256")
        .update(body["code_verifier"] ?? "")
        .digest("base64url");
      const isGood =
        code?.challenge === proof &&
        code.redirect === body["redirect_uri"] &&
        code.resource === (body["resource"] ?? "");
      return isGood ? undefined : "invalid_grant";
    }
    if (grant === "refresh_token") return this.#refresh.has(body["refresh_token"] ?? "") ? undefined : "invalid_grant";
    return grant === "client_credentials" ? undefined : "unsupported_grant_type";
  }

  #issue(grant: string, body: Readonly<Record<string, string>>, old: Grant | undefined, socket: Socket): object {
    const { bound, lifetime, refreshTokens } = this.behave;
    const scope = body["scope"] ?? old?.scope ?? "";
    const shown = bound ? thumbprint(socket) : undefined;
    const id = randomBytes(12).toString("hex");
    const claims = { jti: id, aud: body["resource"], ...(shown !== undefined && { cnf: { "x5t#S256": shown } }) };
    const token = bound ? `${encode({ alg: "none" })}.${encode(claims)}.${id}` : `access-${id}`;
    this.#tokens.set(token, { scope, bound: shown });
    const again = `refresh-${id}`;
    if (refreshTokens && old !== undefined) this.#refresh.set(again, { ...old, scope });
    return {
      access_token: token,
      token_type: "Bearer",
      ...(lifetime !== undefined && { expires_in: lifetime }),
      ...(scope !== "" && { scope }),
      ...(refreshTokens && grant !== "client_credentials" && { refresh_token: again }),
    };
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function certificateOf(socket: Socket): ReturnType<TLSSocket["getPeerCertificate"]> | undefined {
  const certificate = (socket as Partial<TLSSocket>).getPeerCertificate?.();
  return certificate?.raw === undefined ? undefined : certificate;
}

function peerOf(socket: Socket): string | undefined {
  const name = certificateOf(socket)?.subject.CN;
  return typeof name === "string" ? name : name?.[0];
}

function thumbprint(socket: Socket): string | undefined {
  const raw = certificateOf(socket)?.raw;
  return raw && createHash("sha256").update(raw).digest("base64url");
}
