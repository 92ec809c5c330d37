import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listening, testContext } from "../dial/testing/context.js";
import { createAuthority } from "../lab/index.js";
import { pacDownload } from "./pac-download.js";

const script = `function FindProxyForURL(url, host) { return "DIRECT"; }`;
const seen: { path: string; host: string | undefined; authorization: string | undefined; etag: string | undefined }[] =
  [];
const limit = 64 * 1024;

/** A web server as a company has it for its PAC file, and what may be wrong with it. */
const answers: Readonly<Record<string, RequestListener>> = {
  "/proxy.pac": (request, response) => {
    if (request.headers["if-none-match"] === '"1"') return void response.writeHead(304).end();
    response.writeHead(200, { etag: '"1"', "cache-control": "public, max-age=60" }).end(script);
  },
  "/moved": (_request, response) => void response.writeHead(302, { location: "/proxy.pac" }).end(),
  "/circle": (_request, response) => void response.writeHead(302, { location: "/circle" }).end(),
  "/to-file": (_request, response) => void response.writeHead(302, { location: "file:///etc/passwd" }).end(),
  "/to-http": (_request, response) =>
    void response.writeHead(302, { location: `http://127.0.0.1:${ports.http}/proxy.pac` }).end(),
  "/long": (_request, response) => void response.end("x".repeat(limit + 1)),
  "/broken": (_request, response) =>
    void response.writeHead(200, { "content-length": "100" }).write("x", () => response.destroy()),
};
const ports = { http: 0, https: 0 };
const servers: Server[] = [];
let trusted: readonly string[] = [];

beforeAll(async () => {
  const listener: RequestListener = (request, response) => {
    const { host, authorization, "if-none-match": etag } = request.headers;
    seen.push({ path: request.url ?? "", host, authorization, etag });
    const answer = answers[request.url ?? ""];
    if (answer === undefined) response.writeHead(404).end("<html>not here</html>");
    else answer(request, response);
  };
  const { issue, cert: ca } = await createAuthority({ name: "Test CA" });
  const { cert, key } = await issue({ commonName: "localhost", hosts: ["localhost"], usage: "server" });
  trusted = [ca];
  const plain = createServer(listener);
  const secure = createSecureServer({ cert, key }, listener);
  servers.push(plain, secure);
  ports.http = await listening(plain);
  ports.https = await listening(secure);
});
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
});

const get = (url: string, marks = {}, ca = trusted) => pacDownload(() => testContext({ ca }))(url, marks, limit);
const failure = (url: string, ca?: readonly string[]): Promise<unknown> =>
  get(url, {}, ca).catch((error: unknown) => error);

describe("a PAC file of a web server", () => {
  test.each(["http", "https"] as const)(
    "over %s comes whole, with how long it counts, and a second time only if it has changed",
    async (protocol) => {
      const url = `${protocol}://localhost:${ports[protocol]}/proxy.pac`;
      const first = await get(url);
      expect(first).toMatchObject({ text: script });
      seen.length = 0;
      const again = await get(url, { etag: '"1"' });
      expect(again).not.toHaveProperty("text");
      expect(seen).toMatchObject([{ path: "/proxy.pac", host: `localhost:${ports[protocol]}`, etag: '"1"' }]);
    },
  );

  test("is got from where a redirect leads", async () => {
    expect(await get(`http://localhost:${ports.http}/moved`)).toMatchObject({ text: script });
  });

  test.each([
    ["/nothing", "PAC_UNREACHABLE", /404/],
    ["/circle", "PAC_UNREACHABLE", /redirect/],
    ["/to-file", "PAC_UNREACHABLE", /redirect/],
    ["/long", "PAC_INVALID", /./],
    ["/broken", "PAC_UNREACHABLE", /./],
  ])("%s is one fault: %s", async (path, code, message) => {
    expect(await failure(`http://localhost:${ports.http}${path}`)).toMatchObject({
      code,
      stage: "route",
      hop: "local",
      message: expect.stringMatching(message),
    });
  });

  test("never goes from https to http, where anybody could change it", async () => {
    seen.length = 0;
    expect(await failure(`https://localhost:${ports.https}/to-http`)).toMatchObject({ code: "PAC_UNREACHABLE" });
    expect(seen.map(({ path }) => path)).toEqual(["/to-http"]);
  });

  test("is not taken from a server that proves to be nobody", async () => {
    const error = await failure(`https://localhost:${ports.https}/proxy.pac`, []);
    expect(error).toMatchObject({ code: "PAC_UNREACHABLE", cause: { stage: "tls" } });
  });
});
