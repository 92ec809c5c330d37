/**
 * What stands between a client and the upstream: our gateway, its peers, and as a floor a pipe of node:net that knows no
 * protocol. Each is set up as its own documentation says. They are asked for one of three ways:
 *
 *   chained    passes a tunnel through, by way of the upstream proxy
 *   straight   passes a tunnel through to a target on loopback, with no other proxy
 *   intercepted     intercepts the tunnel's TLS and shows the client certificate to the origin, by way of the upstream proxy
 *
 * A way that is missing is one that the peer does not have.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { basic, listen } from "../upstream.mjs";

/** How to reach a target: CONNECT at `port`, or no CONNECT at all where `target` is missing. `ca`: who signs what is intercepted. */
/** @typedef {{ port: number, target?: string, authorization?: string, ca?: string, servername?: string, cert?: string, key?: string }} Via */

export const forwarders = {
  "sallyport gateway": { chained: openGateway, straight: openGateway, intercepted: openGateway, ours: true },
  "a bare pipe": { chained: pipeToProxy, straight: pipeToTarget, floor: true },
  "proxy-chain": { chained: openProxyChain, straight: openProxyChain },
  "http-mitm-proxy": { straight: openHttpMitmTunnel, intercepted: openHttpMitm },
  mockttp: { straight: openMockttpTunnel, intercepted: openMockttp },
  // A process of its own making: mitmproxy.mjs.
  mitmproxy: { chained: undefined, straight: undefined, intercepted: undefined, foreign: true },
};

/** @returns {string} what a client asks for with CONNECT */
export function targetOf({ tunnel, origin }, way) {
  if (way === "intercepted") return `${origin.host}:${origin.port}`;
  return way === "chained" ? `${tunnel.host}:${tunnel.port}` : `127.0.0.1:${tunnel.port}`;
}

export function proxyUrl({ url, username, password }) {
  return url.replace("://", `://${encodeURIComponent(username)}:${encodeURIComponent(password)}@`);
}

/** The gateway reads its settings from the environment, as a user gives them; fleet.mjs sets it. */
async function openGateway({ origin }, way) {
  const { startGateway } = await import("../../dist/gateway/index.js");
  const gateway = await startGateway(way === "intercepted" ? { intercept: [origin.host] } : {});
  const { port, username, password } = new URL(gateway.proxyUrl);
  const login = { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  return { port: Number(port), authorization: basic(login), ca: gateway.authority };
}

async function pipeToProxy({ proxy }) {
  return { port: await pipe(proxy.port), authorization: basic(proxy) };
}

async function pipeToTarget({ tunnel }) {
  return { port: await pipe(tunnel.port), target: undefined };
}

function pipe(port) {
  const server = createServer({ noDelay: true }, (socket) => {
    const upstream = connect({ port, host: "127.0.0.1", noDelay: true });
    socket.pipe(upstream).pipe(socket);
    upstream.on("error", () => socket.destroy()).on("close", () => socket.destroy());
    socket.on("error", () => upstream.destroy()).on("close", () => upstream.destroy());
  });
  return listen(server);
}

async function openProxyChain({ proxy }, way) {
  const { Server } = await import("proxy-chain");
  const upstreamProxyUrl = way === "chained" ? proxyUrl(proxy) : null;
  const server = new Server({
    port: 0,
    host: "127.0.0.1",
    prepareRequestFunction: () => ({ requestAuthentication: false, upstreamProxyUrl }),
  });
  await server.listen();
  return { port: server.port };
}

async function openHttpMitm({ proxy, root, cert, key }) {
  const { HttpsProxyAgent } = await import("https-proxy-agent");
  const { mitm, start } = await httpMitm({
    keepAlive: true,
    httpsAgent: new HttpsProxyAgent(proxyUrl(proxy), { keepAlive: true }),
  });
  mitm.onRequest((context, done) => {
    Object.assign(context.proxyToServerRequestOptions, { ca: root, cert, key });
    done();
  });
  return start();
}

/** It intercepts all TLS by itself. This is its example of a proxy that does not (examples/forwardHttps.ts). */
async function openHttpMitmTunnel() {
  const { mitm, start } = await httpMitm({});
  mitm.onConnect((request, socket) => {
    const [host, port] = request.url.split(":");
    const upstream = connect({ port: Number(port), host, allowHalfOpen: true }, () => {
      upstream.on("finish", () => socket.destroy());
      socket.on("close", () => upstream.end());
      socket.write("HTTP/1.1 200 OK\r\n\r\n", "utf-8", () => {
        upstream.pipe(socket);
        socket.pipe(upstream);
      });
    });
    upstream.on("error", () => socket.destroy());
    socket.on("error", () => upstream.destroy());
  });
  return start();
}

async function httpMitm(options) {
  const { Proxy } = await import("http-mitm-proxy");
  const mitm = new Proxy();
  mitm.onError(() => {});
  const sslCaDir = temporaryFolder();
  const start = () =>
    new Promise((resolve, reject) => {
      mitm.listen({ port: 0, host: "127.0.0.1", sslCaDir, ...options }, (error) => {
        if (error) reject(error);
        else resolve({ port: mitm.httpPort, ca: readFileSync(join(sslCaDir, "certs/ca.pem"), "utf8") });
      });
    });
  return { mitm, start };
}

async function openMockttp({ proxy, origin, root, cert, key }) {
  const { server, authority } = await mockttp({});
  await server.forAnyRequest().thenPassThrough({
    proxyConfig: { proxyUrl: proxyUrl(proxy) },
    additionalTrustedCAs: [{ cert: root }],
    clientCertificateHostMap: { [origin.host]: { cert, key } },
  });
  return { port: server.port, ca: authority };
}

/** What it passes through untouched it cannot send to another proxy. */
async function openMockttpTunnel() {
  const { server } = await mockttp({ tlsPassthrough: [{ hostname: "127.0.0.1" }] });
  return { port: server.port };
}

async function mockttp(options) {
  const { getLocal, generateCACertificate } = await import("mockttp");
  const { key, cert } = await generateCACertificate();
  // It keeps all traffic for tests to look at, unless told not to: that would be no fair comparison.
  const server = getLocal({ https: { key, cert, ...options }, recordTraffic: false });
  await server.start();
  return { server, authority: cert };
}

/** Removed when the process ends. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What a user sets for the gateway to do the same as the peers. */
export function gatewayVariables({ proxy, root, cert, key }, way, folder) {
  const file = (name, text) => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  // The peers get the bundled authorities and this one; the system's store would make our list longer than theirs.
  const trust = { SALLYPORT_CERT_STORE: "bundled", SALLYPORT_CA_CERTS: file("root.pem", root) };
  const chain = way === "straight" ? {} : { HTTPS_PROXY: proxyUrl(proxy) };
  if (way !== "intercepted") return { ...trust, ...chain };
  const identity = {
    SALLYPORT_CLIENT_CERT: file("client.pem", cert),
    SALLYPORT_CLIENT_KEY: file("client.key", key),
  };
  return { ...trust, ...chain, ...identity };
}
