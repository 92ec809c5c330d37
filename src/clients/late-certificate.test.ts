import { constants } from "node:crypto";
import { once } from "node:events";
import https from "node:https";
import type { IncomingMessage } from "node:http";
import tls from "node:tls";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { findConnectError } from "../base/errors.js";
import { listening, testContext, testIdentity } from "../dial/testing/context.js";
import type { DialContext } from "../dial/types.js";
import { createAuthority, type Authority } from "../lab/index.js";
import { makeAgent } from "./agent/agent.js";
import { makeDispatcher } from "./dispatcher/dispatcher.js";
import { makeFetch } from "./fetch.js";
import { bodyOf } from "./testing/server.js";

/*
 * A server like Apache with `SSLVerifyClient require` in a <Location>, which test/real has. This one runs on every release of
 * Node, and answers as the case wants it: what it says where it cannot ask is the page.
 */
interface Server {
  readonly port: number;
  /** "GET /private TLSv1.3", one for each request. */
  readonly seen: readonly string[];
}

const wholeRenegotiation = constants.SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION;

let root: Authority;
let clients: Authority;
const closing: (() => void)[] = [];
beforeAll(async () => {
  root = await createAuthority({ name: "Test Root" });
  clients = await createAuthority({ name: "Test Client CA" });
});
afterEach(() => closing.splice(0).forEach((close) => close()));

async function serve(page: string, options: tls.TlsOptions = {}): Promise<Server> {
  const seen: string[] = [];
  const { chain: cert, key } = await root.issue({ commonName: "localhost", hosts: ["localhost"], usage: "server" });
  const server = tls.createServer(
    // Else a renegotiation would take up the session in which nothing was asked for.
    { cert, key, ca: [clients.cert], ALPNProtocols: ["http/1.1"], secureOptions: wholeRenegotiation, ...options },
    (socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (bytes: Buffer) => {
        const [method = "", path = ""] = bytes.toString("latin1").split(" ");
        if (!/^[A-Z]+$/.test(method)) return;
        const version = socket.getProtocol();
        seen.push(`${method} ${path} ${version}`);
        const answer = (status: string, body: string): void =>
          void socket.write(
            `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n\r\n${method === "HEAD" ? "" : body}`,
          );
        if (path.startsWith("/forbidden")) answer("403 Forbidden", "no such permission");
        else if (!path.startsWith("/private")) answer("200 OK", "public");
        else if (version === "TLSv1.3") answer("403 Forbidden", page);
        else {
          const rejectUnauthorized = path === "/private/strict";
          socket.renegotiate({ requestCert: true, rejectUnauthorized }, (error) => {
            // A client that was refused has gone, and is asked for no name.
            if (error !== null || socket.destroyed) return;
            const name = socket.getPeerCertificate().subject?.CN?.toString() ?? "nobody";
            answer("200 OK", `hello ${name}`);
          });
        }
      });
    },
  );
  server.on("tlsClientError", () => undefined);
  const sockets = new Set<tls.TLSSocket>();
  server.on("secureConnection", (socket: tls.TLSSocket) => sockets.add(socket));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: await listening(server), seen };
}

async function asAlice(): Promise<DialContext> {
  const { cert, key } = await clients.issue({ commonName: "alice", usage: "client" });
  return testContext({ ca: [root.cert], identity: testIdentity(cert, key) });
}

interface Told {
  readonly status: number | undefined;
  readonly body: string;
}
type Ask = (url: string, method?: string, body?: string) => Promise<Told>;

const ways: readonly { readonly name: string; readonly open: (context: DialContext) => Ask }[] = [
  {
    name: "fetch",
    open: (context) => {
      const dispatcher = makeDispatcher(context);
      closing.push(() => void dispatcher.destroy());
      const fetch = makeFetch(() => dispatcher);
      return async (url, method = "GET", body) => {
        const answer = await fetch(url, { method, ...(body === undefined ? {} : { body }) });
        return { status: answer.status, body: await answer.text() };
      };
    },
  },
  {
    name: "node:https",
    open: (context) => {
      const agent = makeAgent(context, "https:");
      closing.push(() => agent.destroy());
      return async (url, method = "GET", body) => {
        const request = https.request(url, { agent, method }).end(body);
        const [answer] = (await once(request, "response")) as [IncomingMessage];
        return { status: answer.statusCode, body: await bodyOf(answer) };
      };
    },
  },
];

describe.each(ways)("a server that asks for the certificate once it has read the request ($name)", ({ open }) => {
  test("is asked again over TLS 1.2, and by that alone from then on", async () => {
    const { port, seen } = await serve("whatever it says");
    const ask = open(await asAlice());
    const url = `https://localhost:${port}/private`;
    expect(await ask(url)).toEqual({ status: 200, body: "hello alice" });
    expect(await ask(url, "POST", "body")).toEqual({ status: 200, body: "hello alice" });
    expect(seen).toEqual(["GET /private TLSv1.3", "GET /private TLSv1.2", "POST /private TLSv1.2"]);
  });

  test("hands over a 403 that means something else, after one look for each path", async () => {
    const { port, seen } = await serve("");
    const ask = open(await asAlice());
    const url = `https://localhost:${port}`;
    for (const path of ["/forbidden", "/forbidden?again", "/forbidden"])
      expect(await ask(url + path)).toEqual({ status: 403, body: "no such permission" });
    expect(seen.filter((line) => line.startsWith("GET"))).toHaveLength(4);
    expect(await ask(`${url}/private`)).toEqual({ status: 200, body: "hello alice" });
  });

  test("gets a POST once; what it then says is told as what it is, and the next one gets through", async () => {
    const { port, seen } = await serve("Reason: Cannot perform Post-Handshake Authentication.");
    const ask = open(await asAlice());
    const url = `https://localhost:${port}/private`;
    const error = await ask(url, "POST", "body").catch((reason: unknown) => reason);
    expect(findConnectError(error)).toMatchObject({
      code: "CLIENT_CERT_REQUIRED",
      stage: "client-cert",
      hop: "target",
    });
    expect(await ask(url, "POST", "body")).toEqual({ status: 200, body: "hello alice" });
    expect(seen).toEqual(["POST /private TLSv1.3", "POST /private TLSv1.2"]);
  });

  test("and refuses what it gets: that is told, and not the answer before it", async () => {
    const { port } = await serve("no", { ca: [root.cert] });
    const ask = open(await asAlice());
    for (let count = 0; count < 2; count++) {
      const error = await ask(`https://localhost:${port}/private/strict`).catch((reason: unknown) => reason);
      expect(findConnectError(error)).toMatchObject({ code: "CLIENT_CERT_REJECTED", hop: "target" });
    }
  });

  test("and says nothing of it to a POST: its answer is handed over, whole, and the next one gets through", async () => {
    const { port, seen } = await serve("no");
    const ask = open(await asAlice());
    const url = `https://localhost:${port}/private`;
    expect(await ask(url, "POST", "body")).toEqual({ status: 403, body: "no" });
    expect(await ask(url, "POST", "body")).toEqual({ status: 200, body: "hello alice" });
    expect(seen).toEqual(["POST /private TLSv1.3", "POST /private TLSv1.2"]);
  });

  test("an empty answer to a POST is handed over as well", async () => {
    const { port } = await serve("");
    const ask = open(await asAlice());
    expect(await ask(`https://localhost:${port}/private`, "POST", "body")).toEqual({ status: 403, body: "" });
  });

  test("and refuses TLS 1.2: its answer is handed over, and it is not dialled for that again", async () => {
    const { port, seen } = await serve("no", { minVersion: "TLSv1.3" });
    const ask = open(await asAlice());
    for (let count = 0; count < 2; count++)
      expect(await ask(`https://localhost:${port}/private`)).toEqual({ status: 403, body: "no" });
    expect(seen).toEqual(["GET /private TLSv1.3", "GET /private TLSv1.3"]);
  });

  test("is believed where no certificate is configured", async () => {
    const { port, seen } = await serve("no");
    const ask = open(testContext({ ca: [root.cert] }));
    expect(await ask(`https://localhost:${port}/private`)).toEqual({ status: 403, body: "no" });
    expect(seen).toHaveLength(1);
  });

  test("is believed where it did ask in the handshake", async () => {
    const { port, seen } = await serve("no", { requestCert: true, rejectUnauthorized: false });
    const ask = open(await asAlice());
    expect(await ask(`https://localhost:${port}/private`)).toEqual({ status: 403, body: "no" });
    expect(seen).toHaveLength(1);
  });

  test("with new settings begins again", async () => {
    const { port, seen } = await serve("no");
    for (let count = 0; count < 2; count++) await open(await asAlice())(`https://localhost:${port}/private`);
    expect(seen.map((line) => line.slice(-7))).toEqual(["TLSv1.3", "TLSv1.2", "TLSv1.3", "TLSv1.2"]);
  });
});

test("a host that is none is told by the request that asks for it, where a certificate is configured", async () => {
  const agent = makeAgent(await asAlice(), "https:");
  closing.push(() => agent.destroy());
  const [error] = (await once(https.request({ host: "no host", agent }).end(), "error")) as [unknown];
  expect(error).toMatchObject({ code: "CONFIG_INVALID" });
});
