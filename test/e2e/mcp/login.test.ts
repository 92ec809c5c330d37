import { generateKeyPairSync } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import net from "node:net";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { Secret } from "../../../src/base/secret.js";
import { createSystem, openSecretFiles } from "../../../src/env/index.js";
import { forgetLogins } from "../../../src/mcp/index.js";
import { faultOf } from "../../support/fault-of.js";
import { person, type Person, type Program } from "../../support/oauth/person.js";
import { OAuthServer } from "../../support/oauth/server.js";

let server: OAuthServer;
beforeEach(async () => {
  server = await OAuthServer.start();
  return () => server[Symbol.asyncDispose]();
});

const authorized = (): Readonly<Record<string, string>>[] => server.of("authorize").map(({ query }) => query);
/** The statuses of twenty requests that are in flight together. */
const manyCalls = async (program: Program): Promise<Set<number>> =>
  new Set(await Promise.all(Array.from({ length: 20 }, () => program.call())));
const tokens = (): Readonly<Record<string, string>>[] => server.of("token").map(({ body }) => body);

test("nobody is asked to log in where the server asks for nothing", async () => {
  await using alice = await person(server);
  const program = alice.program();
  await (await program.login()).close();
  expect(server.log).toEqual([]);
  expect(alice.told).toEqual([]);
});

test("a first 401 leads through the browser to a token, with PKCE and the resource", async () => {
  await using alice = await person(server);
  expect(await alice.program().call()).toBe(200);
  const [asked] = authorized();
  expect(asked).toMatchObject({ response_type: "code", code_challenge_method: "S256", resource: server.mcp.href });
  expect(asked).not.toHaveProperty("scope");
  expect(tokens()).toMatchObject([{ grant_type: "authorization_code", resource: server.mcp.href }]);
  expect(server.of("register")).toMatchObject([
    {
      body: {
        application_type: "native",
        token_endpoint_auth_method: "none",
        redirect_uris: [asked?.["redirect_uri"]],
      },
    },
  ]);
  expect(alice.told.join("\n")).toContain("may close this");
});

test("the login is kept in a file of mode 0600, and the next program of the same person uses it", async () => {
  await using alice = await person(server);
  await alice.program().call();
  const [name = ""] = await readdir(alice.folder);
  expect((await stat(join(alice.folder, name))).mode & 0o777).toBe(0o600);
  expect((await stat(alice.folder)).mode & 0o777).toBe(0o700);
  expect(await alice.program().call()).toBe(200);
  expect(alice.opened).toHaveLength(1);
  expect(server.of("mcp").filter(({ status }) => status === 401)).toHaveLength(1);
});

test("logging out forgets the logins at that server alone", async () => {
  await using other = await OAuthServer.start();
  await using alice = await person(server);
  await alice.program().call();
  await alice.program({ clientId: "given" }).call();
  const there = alice.program({ server: other.mcp });
  await (await there.login()).challenged({ status: 401, header: null, sent: undefined });
  expect(await forgetLogins(openSecretFiles(alice.folder), server.mcp)).toBe(2);
  expect(await readdir(alice.folder)).toHaveLength(1);
});

describe("where the metadata are", () => {
  test.each(["header", "path", "root", "custom"] as const)("of the resource: %s", async (resourceMetadata) => {
    server.behave.resourceMetadata = resourceMetadata;
    await using alice = await person(server);
    expect(await alice.program().call()).toBe(200);
  });

  test.each(["oauth", "oidc", "oidc-suffix"] as const)("of the authorization server: %s", async (metadata) => {
    server.behave.metadata = metadata;
    await using alice = await person(server);
    expect(await alice.program().call()).toBe(200);
  });

  test("of a resource are asked for in no other place where the 401 names it", async () => {
    await using alice = await person(server);
    await alice.program().call();
    expect(server.of("get").map(({ path }) => path)).toEqual([
      "/.well-known/oauth-protected-resource/mcp",
      "/.well-known/oauth-authorization-server/as",
    ]);
  });
});

/** By the fault that comes of them: how the servers are spoiled, and what the message says. */
const mistakes: Readonly<Record<string, readonly (readonly [name: string, spoil: () => void, words: string])[]>> = {
  OAUTH_DISCOVERY_FAILED: [
    ["metadata of another server", () => (server.behave.resource = "https://evil.example/mcp"), "another server"],
    ["no metadata of the authorization server", () => (server.behave.metadata = "none"), "no metadata"],
    ["metadata of another issuer", () => (server.behave.fields = { issuer: "https://evil.example" }), "issuer"],
    [
      "an authorization server without TLS",
      () => (server.behave.authorizationServers = ["http://auth.example/"]),
      "https",
    ],
    [
      "a token endpoint without TLS",
      () => (server.behave.fields = { token_endpoint: "http://auth.example/token" }),
      "token_endpoint",
    ],
    ["no token endpoint", () => (server.behave.fields = { token_endpoint: null }), "token_endpoint"],
    ["no PKCE", () => (server.behave.fields = { code_challenge_methods_supported: ["plain"] }), "PKCE"],
  ],
  OAUTH_REFUSED: [
    ["no registration", () => (server.behave.registration = false), "does not register clients"],
    [
      "a refused registration",
      () => {
        server.behave.fields = { registration_endpoint: `${server.issuer}/register` };
        server.behave.registration = false;
      },
      "access_denied",
    ],
    ["a user who says no", () => (server.behave.denied = "access_denied"), "access_denied"],
    [
      "a code that is not taken",
      () => (server.behave.tokenErrors = { authorization_code: "invalid_grant" }),
      "invalid_grant",
    ],
  ],
  OAUTH_LOGIN_INCOMPLETE: [
    ["another issuer in the browser", () => (server.behave.iss = "wrong"), "iss"],
    ["no issuer in the browser where one is promised", () => (server.behave.iss = "omitted"), "iss"],
  ],
  OAUTH_TOKEN_REFUSED: [["a server that refuses every token", () => (server.behave.refuse = true), "just given"]],
};
test.each(
  Object.entries(mistakes).flatMap(([code, rows]) =>
    rows.map(([name, spoil, words]) => [name, spoil, code, words] as const),
  ),
)("%s is a fault that says so, and one login is all that is tried", async (_name, spoil, code, words) => {
  spoil();
  await using alice = await person(server);
  const fault = await faultOf(alice.program().call());
  expect(fault).toMatchObject({ code, message: expect.stringContaining(words), remedy: expect.stringMatching(/\w/) });
  expect(alice.opened.length).toBeLessThanOrEqual(1);
  expect(server.of("token").length).toBeLessThanOrEqual(1);
});

test.each(["wrong", "omitted"] as const)(
  "an answer whose state is %s is ignored: told at once, and a fault when the time is over",
  async (state) => {
    server.behave.state = state;
    await using alice = await person(server, { browserTimeout: 1500 });
    const fault = await faultOf(alice.program().call());
    expect(fault).toMatchObject({ code: "OAUTH_LOGIN_INCOMPLETE", message: expect.stringContaining("state") });
    expect(alice.told).toContainEqual(expect.stringContaining("which is ignored"));
    expect(server.of("token")).toEqual([]);
  },
);

test("a page that sends the browser to the waiting program does not spoil the login", async () => {
  await using alice = await person(server, {
    openBrowser: async (url) => {
      const callback = new URL(new URL(url).searchParams.get("redirect_uri") ?? "");
      for (const query of ["", "?code=stolen", "?state=guessed&code=stolen", "?error=access_denied"])
        expect((await fetch(`${callback.href}${query}`)).status).toBe(400);
      return alice.browse(url);
    },
  });
  expect(await alice.program().call()).toBe(200);
  expect(alice.told.filter((line) => line.includes("which is ignored"))).toHaveLength(1);
});

test("after a login that was refused, further requests do not open the browser again", async () => {
  server.behave.refuse = true;
  await using alice = await person(server);
  const program = alice.program();
  for (let round = 0; round < 3; round++)
    expect(await faultOf(program.call())).toMatchObject({ code: "OAUTH_TOKEN_REFUSED" });
  expect(alice.opened).toHaveLength(1);
});

test("many requests at once that are all refused open the browser twice at most", async () => {
  server.behave.refuse = true;
  await using alice = await person(server);
  const program = alice.program();
  const faults = await Promise.all(Array.from({ length: 16 }, () => faultOf(program.call())));
  expect(new Set(faults.map((fault) => (fault as { code: string }).code))).toEqual(new Set(["OAUTH_TOKEN_REFUSED"]));
  expect(alice.opened.length).toBeLessThanOrEqual(2);
});

describe("refresh", () => {
  /** A program that has its token, and has used it. */
  async function loggedIn(someone: Person): Promise<Program> {
    const program = someone.program();
    await program.call();
    return program;
  }

  /** Many requests at once are answered, after one refresh. */
  async function expectOneRefresh(program: Program): Promise<void> {
    expect(await manyCalls(program)).toEqual(new Set([200]));
    expect(tokens().map((body) => body["grant_type"])).toEqual(["authorization_code", "refresh_token"]);
  }

  test("a token that is over is refreshed before it is sent, once for many requests in flight", async () => {
    server.behave.lifetime = 0.001;
    await using alice = await person(server);
    const program = await loggedIn(alice);
    server.behave.lifetime = 3600;
    await expectOneRefresh(program);
  });

  test("one that the server has revoked is refreshed once for all requests that are refused", async () => {
    await using alice = await person(server);
    const program = await loggedIn(alice);
    server.revokeAccess();
    await expectOneRefresh(program);
  });

  test("where the refresh token is not taken any more, the user logs in again", async () => {
    await using alice = await person(server);
    const program = await loggedIn(alice);
    server.revokeAccess();
    server.revokeRefresh();
    expect(await program.call()).toBe(200);
    expect(alice.opened).toHaveLength(2);
  });

  test("a request that is given up waits no longer, and the others have their token", async () => {
    await using alice = await person(server);
    const program = await loggedIn(alice);
    server.revokeAccess();
    let open: () => void = () => undefined;
    server.behave.gate = new Promise<void>((resolve) => (open = resolve));
    const giving = new AbortController();
    const [hasty, patient] = [faultOf(program.call("ping", giving.signal)), program.call()];
    await expect.poll(() => server.of("token").length).toBe(2);
    giving.abort(new Error("never mind"));
    expect(await hasty).toMatchObject({ message: "never mind" });
    open();
    expect(await patient).toBe(200);
  });
});

test.each([-3_600_000, 3_600_000])("a clock that is off by %i ms makes no loop", async (off) => {
  const system = { ...createSystem(), now: () => Date.now() + off };
  await using alice = await person(server, { system });
  expect(await alice.program().call()).toBe(200);
  expect(await alice.program({ system: createSystem() }).call()).toBe(200);
  expect(alice.opened).toHaveLength(1);
  expect(tokens().length).toBeLessThanOrEqual(2);
});

describe("scopes", () => {
  test.each([
    ["the 401 names it", (): unknown => (server.behave.challengeScope = "files"), {}, "files"],
    ["the metadata name them", (): unknown => (server.behave.scopesSupported = ["a", "b"]), {}, "a b"],
    ["the user names it", (): unknown => (server.behave.challengeScope = "files"), { scope: "own" }, "own"],
  ] as const)("%s", async (_name, prepare, options, expected) => {
    prepare();
    await using alice = await person(server, options);
    await alice.program().call();
    expect(authorized()[0]?.["scope"]).toBe(expected);
  });

  test("offline_access is asked for where the authorization server has it, with consent", async () => {
    server.behave.challengeScope = "files";
    server.behave.fields = { scopes_supported: ["files", "offline_access"] };
    await using alice = await person(server);
    await alice.program().call();
    expect(authorized()[0]).toMatchObject({ scope: "files offline_access", prompt: "consent" });
  });

  test("a request that needs more leads to one more login, for what there was and what is wanted", async () => {
    server.behave.challengeScope = "read";
    server.behave.needs = { "tools/call": "write" };
    await using alice = await person(server);
    const program = alice.program();
    expect(await program.call()).toBe(200);
    expect(await program.call("tools/call")).toBe(200);
    expect(authorized().map(({ scope }) => scope)).toEqual(["read", "read write"]);
  });

  test("what was asked for and not granted is not asked for again", async () => {
    server.behave.challengeScope = "read";
    server.behave.needs = { "tools/call": "write" };
    await using alice = await person(server, { scope: "read" });
    const program = alice.program();
    await program.call();
    const answer = { status: 403, header: 'Bearer error="insufficient_scope", scope="read"' };
    const session = await program.login();
    const sent = await session.authorization();
    expect(await faultOf(session.challenged({ ...answer, sent }))).toMatchObject({ code: "OAUTH_TOKEN_REFUSED" });
    expect(alice.opened).toHaveLength(1);
  });

  test("another 403 is no challenge", async () => {
    await using alice = await person(server);
    const session = await alice.program().login();
    expect(await session.challenged({ status: 403, header: null, sent: "Bearer x" })).toBe(false);
  });
});

describe("clients", () => {
  const secret = (): Promise<Secret> => Promise.resolve(new Secret("s3cret-value"));

  test("one that is given is not registered", async () => {
    await using alice = await person(server, { clientId: "given" });
    await alice.program().call();
    expect([server.of("register"), authorized()[0]?.["client_id"]]).toEqual([[], "given"]);
  });

  test("one whose id is the URL of its metadata is used where the server reads these", async () => {
    const clientId = "https://client.example/client.json";
    server.behave.fields = { client_id_metadata_document_supported: true };
    await using alice = await person(server, { clientId });
    await alice.program().call();
    expect([server.of("register"), authorized()[0]?.["client_id"]]).toEqual([[], clientId]);
  });

  test("and is registered where it does not", async () => {
    await using alice = await person(server, { clientId: "https://client.example/client.json" });
    await alice.program().call();
    expect(server.of("register")).toHaveLength(1);
    expect(authorized()[0]?.["client_id"]).toMatch(/^client-/);
  });

  test("client_secret_basic and client_secret_post, as the server offers them", async () => {
    await using alice = await person(server, { clientId: "my-client", clientSecret: secret });
    server.behave.tokenAuth = "client_secret_basic";
    await alice.program().call();
    expect(server.of("token")[0]?.authorization).toBe(
      `Basic ${Buffer.from("my-client:s3cret-value").toString("base64")}`,
    );
    server.behave.tokenAuth = "client_secret_post";
    await forgetLogins(openSecretFiles(alice.folder), server.mcp);
    await alice.program().call();
    expect(server.of("token")[1]).toMatchObject({ authorization: undefined, body: { client_secret: "s3cret-value" } });
  });

  test("one that registered itself with a secret uses it as the server said", async () => {
    server.behave.tokenAuth = "client_secret_basic";
    await using alice = await person(server);
    expect(await alice.program().call()).toBe(200);
    expect(server.of("token")[0]?.authorization).toMatch(/^Basic /);
  });

  test.each(["ec", "rsa", "ed25519"] as const)(
    "private_key_jwt with a key of the kind %s, and no user",
    async (kind) => {
      const pem = { type: "pkcs8", format: "pem" } as const;
      const { privateKey } =
        kind === "ec"
          ? generateKeyPairSync("ec", { namedCurve: "P-256" })
          : kind === "rsa"
            ? generateKeyPairSync("rsa", { modulusLength: 2048 })
            : generateKeyPairSync("ed25519");
      const clientKey = (): Promise<Secret> => Promise.resolve(new Secret(privateKey.export(pem).toString()));
      server.behave.tokenAuth = "private_key_jwt";
      server.behave.fields = { grant_types_supported: ["client_credentials"] };
      await using alice = await person(server, { clientId: "robot", clientKey });
      expect(await alice.program().call()).toBe(200);
      const [body] = tokens();
      expect(body).toMatchObject({ grant_type: "client_credentials", resource: server.mcp.href, client_id: "robot" });
      const claims = JSON.parse(
        Buffer.from(body?.["client_assertion"]?.split(".")[1] ?? "", "base64url").toString(),
      ) as object;
      expect(claims).toMatchObject({ iss: "robot", sub: "robot", aud: server.issuer });
      expect(alice.opened).toEqual([]);
    },
  );

  test("a key that is none says so, and shows nothing of it", async () => {
    const clientKey = (): Promise<Secret> => Promise.resolve(new Secret("not-a-key-7d1f"));
    await using alice = await person(server, { clientId: "robot", clientKey, grant: "client_credentials" });
    const fault = await faultOf(alice.program().call());
    expect(fault).toMatchObject({ code: "KEY_FILE_INVALID" });
    expect(JSON.stringify(fault)).not.toContain("7d1f");
  });

  test("the program's own login by secret, where that is asked for", async () => {
    server.behave.tokenAuth = "client_secret_basic";
    await using alice = await person(server, { clientId: "robot", clientSecret: secret, grant: "client_credentials" });
    const program = alice.program();
    expect(await program.call()).toBe(200);
    server.revokeAccess();
    expect(await program.call()).toBe(200);
    expect(tokens().map((body) => body["grant_type"])).toEqual(["client_credentials", "client_credentials"]);
  });

  test("credentials of one authorization server are not shown to another", async () => {
    await using next = await OAuthServer.start();
    await using alice = await person(server);
    const program = alice.program();
    await program.call();
    server.behave.authorizationServers = [next.issuer];
    server.revokeAccess();
    server.revokeRefresh();
    await faultOf(program.call());
    expect(next.of("register")).toHaveLength(1);
    expect(next.of("authorize")[0]?.query["client_id"]).not.toBe(authorized()[0]?.["client_id"]);
  });
});

describe("the browser", () => {
  test("that cannot be opened is no fault: the URL is told, and the login waits", async () => {
    await using alice = await person(server, { openBrowser: () => Promise.resolve(false) });
    const calling = alice.program().call();
    await expect.poll(() => alice.told.join("\n")).toContain("no browser could be opened");
    const url = /https?:\S+\/authorize\S+/.exec(alice.told.join("\n"))?.[0] ?? "";
    await (await fetch(url)).text();
    expect(await calling).toBe(200);
  });

  test("that never comes back is a fault after a while", async () => {
    const openBrowser = (): Promise<boolean> => Promise.resolve(true);
    await using alice = await person(server, { openBrowser, browserTimeout: 50 });
    expect(await faultOf(alice.program().call())).toMatchObject({ code: "OAUTH_LOGIN_INCOMPLETE", hop: "local" });
  });

  test("comes back to the port that was chosen, and a port in use is a fault that names it", async () => {
    const taken = net.createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as net.AddressInfo;
    await using alice = await person(server, { callbackPort: port });
    expect(await faultOf(alice.program().call())).toMatchObject({
      code: "OAUTH_LOGIN_INCOMPLETE",
      message: expect.stringContaining(String(port)),
      remedy: expect.stringContaining("--callback-port"),
    });
    await new Promise((resolve) => taken.close(resolve));
    expect(await alice.program().call()).toBe(200);
    expect(authorized()[0]?.["redirect_uri"]).toBe(`http://127.0.0.1:${port}/callback`);
  });

  test("finds the listener once: nothing else is answered there", async () => {
    let pages: number[] = [];
    const openBrowser = async (url: string): Promise<boolean> => {
      const back: URL = new URL((await fetch(url, { redirect: "manual" })).headers.get("location") ?? "");
      const other: Response = await fetch(new URL("/other", back));
      void fetch(back).then((page) => page.text());
      const again: Response | undefined = await fetch(back).catch(() => undefined);
      pages = [other.status, again?.status ?? 0];
      return true;
    };
    await using alice = await person(server, { openBrowser });
    expect(await alice.program().call()).toBe(200);
    expect(pages[0]).toBe(404);
    expect(pages[1]).not.toBe(200);
  });

  test("a registered client comes back to the port that it was registered with", async () => {
    await using alice = await person(server);
    await alice.program().call();
    server.revokeAccess();
    server.revokeRefresh();
    await alice.program().call();
    expect(server.of("register")).toHaveLength(1);
    expect(authorized()[1]?.["redirect_uri"]).toBe(authorized()[0]?.["redirect_uri"]);
  });
});

test("closing ends a login that waits for the browser", async () => {
  await using alice = await person(server, { openBrowser: () => Promise.resolve(true) });
  const program = alice.program();
  const calling = faultOf(program.call());
  await expect.poll(() => alice.told.length).toBeGreaterThan(0);
  await program.close();
  expect(await calling).toMatchObject({ message: "the bridge is closing" });
});

test("where nothing can be kept the login lasts as long as the program, and that is told", async () => {
  await using alice = await person(server, { files: openSecretFiles("/dev/null/logins") });
  const program = alice.program();
  expect(await program.call()).toBe(200);
  expect(await program.call()).toBe(200);
  expect(alice.opened).toHaveLength(1);
  expect(alice.told.join("\n")).toContain("cannot be kept");
});

test("no token, code, verifier or secret is in what is told or thrown", async () => {
  server.behave.tokenAuth = "client_secret_basic";
  server.behave.challengeScope = "read";
  await using alice: Person = await person(server);
  const seen: unknown[] = [];
  await alice.program().call();
  server.behave.refuse = true;
  seen.push(await faultOf(alice.program().call()));
  server.behave.refuse = false;
  server.revokeAccess();
  server.revokeRefresh();
  server.behave.tokenErrors = { authorization_code: "invalid_grant" };
  seen.push(await faultOf(alice.program().call()));
  const kept = (
    await Promise.all((await readdir(alice.folder)).map((name) => readFile(join(alice.folder, name), "utf8")))
  ).join();
  const secrets = [
    ...(kept.match(/(?:access|refresh|secret)-[0-9a-f]+/g) ?? []),
    ...tokens().flatMap((body) => [body["code"], body["code_verifier"], body["refresh_token"]]),
    ...server.of("token").map(({ authorization }) => authorization?.slice(6)),
  ].filter((each): each is string => each !== undefined);
  expect(secrets.length).toBeGreaterThan(5);
  const { inspect } = await import("node:util");
  const shown = [
    ...alice.told,
    ...seen.map((each) => inspect(each, { depth: 20, showHidden: true }) + JSON.stringify(each)),
  ].join("\n");
  for (const secret of secrets) expect(shown).not.toContain(secret);
});
