// tls.connect and http2.connect with each of their options, in each form of their arguments; net.connect to this machine.
import { readFileSync } from "node:fs";
import { once } from "node:events";
import http2 from "node:http2";
import net from "node:net";
import tls from "node:tls";
import { describeError } from "../support/describe.mjs";

export async function program({ urls, say }) {
  const { hostname: host, port, pathname } = new URL(urls.secure);
  const ca = readFileSync(process.env.NODE_EXTRA_CA_CERTS);
  // By its ALPN it is HTTP.
  const usual = { host, port: Number(port), servername: host, ca, ALPNProtocols: ["http/1.1"] };
  const path = `${pathname}/close`;
  for (const [name, given] of Object.entries(forms(usual))) say(`form: ${name}`, await talk(given, { path, host }));
  for (const [name, options] of Object.entries(ofTls(ca)))
    say(`tls, ${name}`, await talk([{ ...usual, ...options }], { path, host }));
  say("session", await resumed(usual, { path, host }));
  for (const [name, options] of Object.entries(ofHttp2(ca))) say(`http2, ${name}`, await askedOver(urls, options));
  for (const wrong of [{ port: 70_000 }, { minVersion: "SSLv2" }])
    say(`wrong: ${JSON.stringify(wrong)}`, await talk([{ ...usual, ...wrong }], { path, host }));
  await ofThisMachine(say);
}

const forms = (usual) => ({
  options: [usual],
  "port, host, options": [usual.port, usual.host, usual],
  "port, options": [usual.port, usual],
  "a port in words": [{ ...usual, port: `${usual.port}` }],
  "a function": [usual, () => undefined],
});

const ofTls = (ca) => ({
  "no authority of its own": { ca: undefined },
  "protocols in bytes": { ALPNProtocols: Buffer.from("\x08http/1.1") },
  "several protocols": { ALPNProtocols: ["spdy/1", "http/1.1"] },
  "no servername": { servername: undefined },
  "another servername": { servername: "other.test" },
  "checkServerIdentity that refuses": { checkServerIdentity: () => new RangeError("mine") },
  "rejectUnauthorized true": { rejectUnauthorized: true },
  maxVersion: { maxVersion: "TLSv1.2" },
  ciphers: { ciphers: "TLS_AES_128_GCM_SHA256" },
  secureContext: { ca: undefined, secureContext: tls.createSecureContext({ ca }) },
  "no such key": { key: "none", cert: "none" },
  minDHSize: { minDHSize: 1024 },
  requestOCSP: { requestOCSP: true },
  highWaterMark: { highWaterMark: 512 },
  "noDelay and keepAlive": { noDelay: true, keepAlive: true, keepAliveInitialDelay: 1000 },
  timeout: { timeout: 20_000 },
  autoSelectFamily: { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 250 },
  allowHalfOpen: { allowHalfOpen: true },
});

async function talk(given, { path, host }) {
  const events = [];
  try {
    const socket = tls.connect(...given);
    for (const event of ["secureConnect", "timeout", "error", "close"])
      socket.on(event, (first) => events.push(event === "error" ? describeError(first) : [event, first ?? null]));
    const { secureConnecting, connecting, timeout, readableHighWaterMark, allowHalfOpen } = socket;
    events.push([secureConnecting, connecting, timeout ?? null, readableHighWaterMark, allowHalfOpen]);
    socket.end(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    let text = "";
    socket.on("data", (chunk) => (text += chunk));
    await new Promise((resolve) => socket.on("close", resolve));
    return [...events, text.split("\r\n")[0], text !== "" && socket.alpnProtocol];
  } catch (error) {
    return [...events, describeError(error)];
  }
}

async function resumed(options, request) {
  let session;
  const socket = tls.connect(options);
  socket.on("session", (given) => (session = given));
  socket.end(`GET ${request.path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n`).resume();
  await once(socket, "close");
  const again = tls.connect({ ...options, session });
  await once(again, "secureConnect");
  const found = [Buffer.isBuffer(session), again.isSessionReused(), again.authorized];
  again.destroy();
  return found;
}

const ofHttp2 = (ca) => ({
  nothing: {},
  ca: { ca },
  "another ca": { ca: tls.rootCertificates[0] },
  settings: { ca, settings: { enablePush: false, initialWindowSize: 1024 * 1024, maxConcurrentStreams: 5 } },
  bounds: { ca, maxSessionMemory: 5, maxDeflateDynamicTableSize: 1024, maxHeaderListPairs: 64, maxSettings: 16 },
  padding: { ca, paddingStrategy: http2.constants.PADDING_STRATEGY_ALIGNED, maxOutstandingPings: 1 },
  peerMaxConcurrentStreams: { ca, peerMaxConcurrentStreams: 1, maxReservedRemoteStreams: 1 },
  ALPNProtocols: { ca, ALPNProtocols: ["h2"] },
  "an ALPN that the server has not": { ca, ALPNProtocols: ["h9"] },
  unknownProtocolTimeout: { ca, unknownProtocolTimeout: 1000 },
  "a connection of its own": {
    createConnection: ({ hostname, port, host }) =>
      tls.connect({ host: hostname ?? host, port, servername: hostname ?? host, ca, ALPNProtocols: ["h2"] }),
  },
  "checkServerIdentity that refuses": { ca, checkServerIdentity: () => new RangeError("mine") },
});

async function askedOver({ both }, options) {
  const client = http2.connect(both, options);
  const events = [];
  for (const event of ["connect", "localSettings", "close"]) client.on(event, () => events.push(event));
  client.on("error", (error) => events.push(describeError(error)));
  const stream = client.request({ ":path": `${new URL(both).pathname}/echo` });
  stream.on("error", () => undefined);
  let status;
  stream.on("response", (headers) => (status = headers[":status"]));
  stream.resume();
  await new Promise((resolve) => stream.on("close", resolve));
  const { localSettings, alpnProtocol, encrypted, type } = client;
  client.close();
  await new Promise((resolve) => (client.destroyed ? setImmediate(resolve) : client.on("close", resolve)));
  const { enablePush, initialWindowSize, maxConcurrentStreams } = localSettings ?? {};
  return [status, alpnProtocol, encrypted, type, enablePush, initialWindowSize, maxConcurrentStreams, events];
}

/** A database, say: none of it is HTTP. */
async function ofThisMachine(say) {
  const server = net.createServer((socket) => socket.end("hello")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  const ways = {
    options: () => net.connect({ port, host: "127.0.0.1", noDelay: true, keepAlive: true, highWaterMark: 16 }),
    "port and host": () => net.connect(port, "127.0.0.1"),
    createConnection: () => net.createConnection({ port, host: "localhost", family: 4, localAddress: "127.0.0.1" }),
    "by hand": () => new net.Socket().connect(port, "127.0.0.1"),
    lookup: () => net.connect({ port, host: "mine.test", lookup: (_host, _options, done) => answered(done) }),
    // As old programs for servers do.
    "a handle of Node's own": () => byHandle(port),
  };
  for (const [name, open] of Object.entries(ways)) {
    const socket = open();
    let text = "";
    for await (const chunk of socket) text += chunk;
    say(`this machine, ${name}`, [text, socket.constructor.name, socket.bytesRead, socket.remoteFamily ?? null]);
  }
  server.close();
}

const answered = (done) => process.nextTick(done, null, [{ address: "127.0.0.1", family: 4 }]);

function byHandle(port) {
  const { emitWarning } = process;
  // It is deprecated.
  process.emitWarning = () => undefined;
  const { TCP, TCPConnectWrap, constants } = process.binding("tcp_wrap");
  process.emitWarning = emitWarning;
  const handle = new TCP(constants.SOCKET);
  const connecting = Object.assign(new TCPConnectWrap(), { oncomplete: () => undefined, address: "127.0.0.1", port });
  handle.connect(connecting, "127.0.0.1", port);
  return new net.Socket({ handle, readable: true });
}
