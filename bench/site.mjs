/**
 * The far side, in a process of its own so that its work is not counted as the client's: a proxy with Basic that knows
 * CONNECT alone, and an HTTP/1.1 origin that requires a client certificate. Both do as little as they can. Tells its
 * parent, by one message, where it listens and what a client needs.
 */
import { createServer as createOrigin } from "node:https";
import { connect, createServer } from "node:net";
import { createAuthority } from "../dist/lab/index.js";

const login = { username: "alice", password: "correct horse" };
const host = "origin.bench.test";
const body = Buffer.from(JSON.stringify({ text: "x".repeat(1000) }));

const root = await createAuthority({ name: "Bench Root CA" });
const clientCa = await createAuthority({ name: "Bench Client CA" });
const server = await root.issue({ commonName: host, hosts: [host], usage: "server" });
const client = await clientCa.issue({ commonName: "alice", usage: "client" });

const origin = createOrigin({
  cert: server.chain,
  key: server.key,
  ca: clientCa.cert,
  requestCert: true,
  keepAliveTimeout: 60_000,
});
origin.on("request", (request, response) => {
  const { socket } = request;
  // What the proofs read; the certificate is looked up once a connection, since that costs more than the answer.
  socket.peer ??= socket.getPeerCertificate().subject?.CN ?? "-";
  socket.resumed ??= String(socket.isSessionReused());
  response.writeHead(200, {
    "content-type": "application/json",
    "content-length": body.length,
    "x-peer": socket.peer,
    "x-resumed": socket.resumed,
  });
  response.end(body);
});

const expected = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`;

const proxy = createServer({ noDelay: true }, (socket) => {
  let head = "";
  const read = (chunk) => {
    head += chunk.toString("latin1");
    if (!head.includes("\r\n\r\n")) return;
    socket.off("data", read).pause();
    if (!head.startsWith(`CONNECT ${host}:`) || !head.includes(expected)) {
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
      return;
    }
    const upstream = connect({ port: origin.address().port, host: "127.0.0.1", noDelay: true }, () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(upstream).pipe(socket);
    });
    upstream.on("error", () => socket.destroy());
    upstream.on("close", () => socket.destroy());
    socket.on("close", () => upstream.destroy());
  };
  socket.on("data", read);
  socket.on("error", () => socket.destroy());
});

const listen = (listener) =>
  new Promise((done) => listener.listen(0, "127.0.0.1", () => done(listener.address().port)));
const [originPort, proxyPort] = await Promise.all([listen(origin), listen(proxy)]);

process.on("disconnect", () => process.exit());
process.send({
  url: `https://${host}:${originPort}/`,
  proxy: { url: `http://127.0.0.1:${proxyPort}`, ...login },
  root: root.cert,
  cert: client.chain,
  key: client.key,
});
