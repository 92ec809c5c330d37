// What a program is told of its sockets, whichever client opened them, and whether its own check of a certificate is asked.
import { once } from "node:events";
import http2 from "node:http2";
import https from "node:https";
import { Duplex } from "node:stream";
import net from "node:net";
import tls from "node:tls";
import { readFileSync } from "node:fs";
import { askedOn } from "../support/http2.mjs";

export async function program({ urls, say }) {
  const ca = readFileSync(process.env.NODE_EXTRA_CA_CERTS);
  const { hostname: host, port } = new URL(urls.secure);
  const ways = {
    // An agent of its own, since the shared one may have a session of another program's.
    https: () => ask(urls.secure, { agent: new https.Agent() }),
    "https with its own ca": () => ask(urls.secure, { ca }),
    "https with an agent of its own": () => ask(urls.secure, { agent: new https.Agent({ ca }) }),
    "tls.connect": () => connect({ host, port, servername: host, ALPNProtocols: ["http/1.1"] }),
    "tls.connect with its own ca": () => connect({ host, port, servername: host, ALPNProtocols: ["http/1.1"], ca }),
  };
  for (const [name, open] of Object.entries(ways)) {
    for (const time of ["first", "second"]) {
      for (const [fact, value] of Object.entries(await open())) say(`${name}, ${time}: ${fact}`, value);
    }
  }
  for (const [name, options] of Object.entries({ http2: {}, "http2 with its own ca": { ca } }))
    for (const [fact, value] of Object.entries(await session(urls.both, options))) say(`${name}: ${fact}`, value);
  await pins(urls.secure, say, { ca });
  const told = await events({ host, port, servername: host, ALPNProtocols: ["http/1.1"], ca });
  say("events: lookup", told.includes("lookup"));
  say(
    "events but for it",
    told.filter((event) => event !== "lookup"),
  );
}

async function ask(url, options) {
  const request = https.get(`${url}/echo`, { ...options });
  const [response] = await once(request, "response");
  const seen = facts(response.socket);
  response.resume();
  await once(response, "close");
  return seen;
}

async function connect(options) {
  const socket = tls.connect(options);
  await once(socket, "secureConnect");
  const seen = facts(socket);
  socket.destroy();
  return seen;
}

function facts(socket) {
  const { encrypted, authorized, authorizationError, alpnProtocol, servername } = socket;
  return {
    encrypted,
    authorized,
    authorizationError,
    alpnProtocol,
    servername,
    tls: socket instanceof tls.TLSSocket,
    net: socket instanceof net.Socket,
    duplex: socket instanceof Duplex,
    connecting: socket.connecting,
    pending: socket.pending,
    readyState: socket.readyState,
    remote: [typeof socket.remoteAddress, typeof socket.remotePort, socket.remoteFamily],
    local: [typeof socket.localAddress, typeof socket.localPort, typeof socket.address().port],
    subject: socket.getPeerCertificate().subject?.CN,
    issuer: socket.getPeerCertificate(true).issuerCertificate?.subject?.CN,
    x509: socket.getPeerX509Certificate()?.subject,
    own: socket.getCertificate(),
    cipher: Object.keys(socket.getCipher()),
    protocol: socket.getProtocol(),
    session: Buffer.isBuffer(socket.getSession()),
    ephemeral: Object.keys(socket.getEphemeralKeyInfo()),
    finished: [Buffer.isBuffer(socket.getFinished()), Buffer.isBuffer(socket.getPeerFinished())],
    exported: socket.exportKeyingMaterial(8, "EXPORTER-test", Buffer.alloc(0)).length,
    fragment: socket.setMaxSendFragment(4096),
    methods: Object.getOwnPropertyNames(tls.TLSSocket.prototype).filter((name) => socket[name] === undefined),
    bytes: [socket.bytesRead > 0, socket.bytesWritten >= 0],
    name: socket.constructor.name,
  };
}

async function session(url, options) {
  const client = http2.connect(url, options);
  await once(client, "connect");
  const { alpnProtocol, encrypted, originSet, socket } = client;
  const shown = {
    alpnProtocol,
    encrypted,
    originSet: originSet?.map((origin) => origin === new URL(url).origin),
    authorized: socket.authorized,
    socketProtocol: socket.alpnProtocol,
    socketEncrypted: socket.encrypted,
    servername: socket.servername,
    subject: socket.getPeerCertificate().subject?.CN,
    cipher: Object.keys(socket.getCipher()),
    protocol: socket.getProtocol(),
    remote: [typeof socket.remoteAddress, typeof socket.remotePort],
    tls: socket instanceof tls.TLSSocket,
    net: socket instanceof net.Socket,
  };
  return { ...shown, status: await askedOn(client, url) };
}

/** Certificate pinning: the check of the program's own sees the whole certificate, at each handshake that shows one. */
async function pins(url, say, { ca }) {
  for (const [name, options] of Object.entries({ "policy's ca": {}, "its own ca": { ca } })) {
    // Whoever came first may have left a session to be resumed.
    for (const pinned of [false, true]) {
      const seen = [];
      const checkServerIdentity = (host, certificate) => {
        seen.push(host, certificate.subject?.CN, typeof certificate.fingerprint256);
        return certificate.fingerprint256 === undefined
          ? new Error("not pinned")
          : tls.checkServerIdentity(host, certificate);
      };
      const agent = new https.Agent(options);
      const answer = ask(url, { agent, ...(pinned && { checkServerIdentity }) });
      say(
        `${name}, pinned: ${pinned}`,
        await answer.then(
          () => ["answer", ...seen],
          (error) => error.message,
        ),
      );
    }
  }
}

async function events(options) {
  const told = [];
  const socket = tls.connect(options, () => told.push("callback"));
  for (const event of ["lookup", "connect", "ready", "secureConnect", "session", "keylog", "end", "close", "error"])
    socket.on(event, (value) =>
      told.push(event === "session" || event === "keylog" ? `${event} ${Buffer.isBuffer(value)}` : event),
    );
  socket.end("GET /tls-sockets/close HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").resume();
  await once(socket, "close");
  // How many tickets and lines there are is the server's.
  return [...new Set(told)];
}
