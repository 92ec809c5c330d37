import { beforeEach, describe, expect, test } from "vitest";
import * as v2 from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Network } from "../../../src/clients/index.js";
import {
  boundThumbprint,
  certificateThumbprint,
  checkTokenBinding,
  createMcpFetch,
  createTlsClientAuth,
  mtlsAlias,
  type McpFetch,
} from "../../../src/mcp/index.js";
import { OAuthServer } from "../../support/oauth/server.js";
import { standardLab } from "../../support/standard-lab.js";
import { pairInFiles } from "../rotation/support/rotating.js";
import { networkAt } from "../support/office.js";
import { localhostTls, streamable } from "./support/mcp-server.js";

const lab = await standardLab();
const tls = await localhostTls(lab);

/** Stands for a program that logs in by itself, with no user: the SDKs ask for nothing else of it then. */
class Provider {
  readonly redirectUrl = undefined;
  readonly clientMetadata = { client_name: "test", redirect_uris: [], grant_types: ["client_credentials"] };
  readonly addClientAuthentication: ReturnType<typeof createTlsClientAuth>;
  #tokens: { access_token: string; token_type: string } | undefined;

  constructor(options: Partial<Parameters<typeof createTlsClientAuth>[0]> = {}) {
    this.addClientAuthentication = createTlsClientAuth({ clientId: "program-1", ...options });
  }
  clientInformation(): { client_id: string } {
    return { client_id: "program-1" };
  }
  tokens(): { access_token: string; token_type: string } | undefined {
    return this.#tokens;
  }
  saveTokens(tokens: { access_token: string; token_type: string }): void {
    this.#tokens = tokens;
  }
  prepareTokenRequest(): URLSearchParams {
    return new URLSearchParams({ grant_type: "client_credentials" });
  }
  redirectToAuthorization(): never {
    throw new Error("nobody is there to log in");
  }
  saveCodeVerifier(): void {}
  codeVerifier(): string {
    return "";
  }
}

const info = { name: "test", version: "1.0.0" };
type Connected = { call(): Promise<unknown>; close(): Promise<void> };
const sdks: readonly (readonly [string, (url: URL, fetch: McpFetch, provider: Provider) => Promise<Connected>])[] = [
  [
    "@modelcontextprotocol/sdk 1.x",
    async (url, fetch, authProvider) => {
      const client = new Client(info);
      await client.connect(new StreamableHTTPClientTransport(url, { fetch, authProvider }));
      return { call: () => client.callTool({ name: "where" }), close: () => client.close() };
    },
  ],
  [
    "@modelcontextprotocol/client 2.x",
    async (url, fetch, authProvider) => {
      const client = new v2.Client(info);
      await client.connect(new v2.StreamableHTTPClientTransport(url, { fetch, authProvider }));
      return { call: () => client.callTool({ name: "where" }), close: () => client.close() };
    },
  ],
];

let server: OAuthServer;
beforeEach(async () => {
  server = await OAuthServer.start(tls);
  Object.assign(server.behave, { tokenAuth: "tls_client_auth", bound: true, answer: streamable });
  return () => server[Symbol.asyncDispose]();
});
const office = { noProxy: "<-loopback>" };

describe.each(sdks)("%s, with a login by client certificate", (_name, connect) => {
  test.each(["tls_client_auth", "self_signed_tls_client_auth"] as const)(
    "calls a tool with a token that is bound to the certificate, all through the proxy: %s",
    async (method) => {
      server.behave.tokenAuth = method;
      await using network = await networkAt(lab, lab.basic, office);
      const client = await connect(server.mcp, createMcpFetch(network), new Provider({ method }));
      expect(await client.call()).toMatchObject({ content: [{ text: "reached" }] });
      await client.close();
      expect(server.of("token")).toMatchObject([
        { peer: "alice", path: "/as/token", authorization: undefined, body: { client_id: "program-1" } },
      ]);
      expect(server.of("token")[0]?.body).not.toHaveProperty("client_secret");
      expect(lab.log.of("basic", "connect").length).toBeGreaterThan(0);
    },
  );

  test("goes to the token endpoint that the server has for certificates", async () => {
    server.behave.fields = { mtls_endpoint_aliases: { token_endpoint: `${server.issuer}/mtls/token` } };
    await using network = await networkAt(lab, lab.basic, office);
    const client = await connect(server.mcp, createMcpFetch(network), new Provider());
    await client.close();
    expect(server.of("token").map(({ path }) => path)).toEqual(["/as/mtls/token"]);
  });

  test("finds it in the metadata of OpenID Connect as well, which the SDK shortens", async () => {
    server.behave.metadata = "oidc-suffix";
    server.behave.fields = { mtls_endpoint_aliases: { token_endpoint: `${server.issuer}/mtls/token` } };
    await using network = await networkAt(lab, lab.basic, office);
    const fetch = createMcpFetch(network);
    const client = await connect(server.mcp, fetch, new Provider({ fetch }));
    await client.close();
    expect(server.of("token").map(({ path }) => path)).toEqual(["/as/mtls/token"]);
  });

  test("says so where the server does not offer the method", async () => {
    server.behave.tokenAuth = "client_secret_basic";
    await using network = await networkAt(lab, lab.basic, office);
    const error = await connect(server.mcp, createMcpFetch(network), new Provider()).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "OAUTH_REFUSED", remedy: expect.stringContaining("client_secret_basic") });
  });

  test("fetches a new token after the certificate was replaced, and sends the old one no more", async () => {
    const { files, write } = await pairInFiles(lab, "rotating", "old");
    await using network = await networkAt(lab, lab.basic, { ...office, clientCertificate: false, ...files });
    const client = await connect(server.mcp, createMcpFetch(network), new Provider());
    await client.call();
    await write("new");
    await network.reload();
    const before = server.of("mcp").length;
    expect(await client.call()).toMatchObject({ content: [{ text: "reached" }] });
    await client.close();
    expect(server.of("token").map(({ peer }) => peer)).toEqual(["old", "new"]);
    expect(
      server
        .of("mcp")
        .slice(before)
        .map(({ status }) => status),
    ).not.toContain(401);
  });
});

test("a new token that does not fit either is a fault, and no loop", async () => {
  await using network = await networkAt(lab, lab.basic, office);
  const fetch = createMcpFetch(network);
  const bearer = (id: string): RequestInit => ({ headers: { authorization: `Bearer ${tokenFor("else", id)}` } });
  const first = await fetch(server.mcp, bearer("1"));
  expect([first.status, first.headers.get("www-authenticate")]).toEqual([
    401,
    expect.stringContaining("invalid_token"),
  ]);
  const error = await fetch(server.mcp, bearer("2")).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ message: "fetch failed", cause: { code: "OAUTH_TOKEN_BOUND" } });
  expect((error as { cause: Error }).cause.message).toContain("CN=alice");
  expect(server.of("mcp")).toEqual([]);
});

test("a bound token for a host that sees no certificate says that", async () => {
  await using network: Network = await networkAt(lab, lab.basic, { ...office, clientCertificate: false });
  const fetch = createMcpFetch(network);
  const ask = (id: string): Promise<Response> =>
    fetch(server.mcp, { headers: { authorization: `Bearer ${tokenFor("else", id)}` } });
  expect((await ask("1")).status).toBe(401);
  await expect(ask("2")).rejects.toMatchObject({ cause: { message: expect.stringContaining("is shown none") } });
});

test("the parts, for programs of another make", () => {
  const { cert } = tls;
  const thumbprint = certificateThumbprint(cert);
  expect(thumbprint).toMatch(/^[\w-]{43}$/);
  expect(boundThumbprint(tokenFor(thumbprint, "1"))).toBe(thumbprint);
  expect(boundThumbprint({ active: true, cnf: { "x5t#S256": thumbprint } })).toBe(thumbprint);
  for (const other of ["opaque", "a.b.c", "", { active: true }, { cnf: null }])
    expect(boundThumbprint(other)).toBeUndefined();
  expect(() => checkTokenBinding(tokenFor(thumbprint, "1"), cert)).not.toThrow();
  expect(() => checkTokenBinding("opaque", cert)).not.toThrow();
  expect(() => checkTokenBinding(tokenFor("else", "1"), cert)).toThrow(
    expect.objectContaining({ code: "OAUTH_TOKEN_BOUND" }),
  );
  expect(() => certificateThumbprint("no certificate")).toThrow(expect.objectContaining({ code: "CERT_FILE_INVALID" }));
  const aliases = (token_endpoint: unknown): object => ({ mtls_endpoint_aliases: { token_endpoint } });
  expect(mtlsAlias({ ...aliases("https://mtls.example/token") }, "token_endpoint")).toBe("https://mtls.example/token");
  expect(mtlsAlias({}, "token_endpoint")).toBeUndefined();
  for (const bad of ["http://mtls.example/token", 7, "token"])
    expect(() => mtlsAlias({ ...aliases(bad) }, "token_endpoint")).toThrow(
      expect.objectContaining({ code: "OAUTH_DISCOVERY_FAILED" }),
    );
});

function tokenFor(thumbprint: string, jti: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none" })}.${part({ jti, cnf: { "x5t#S256": thumbprint } })}.signature`;
}
