/** What every measurement talks to: a proxy with Basic that knows CONNECT alone, and an origin. Both do as little as they can. */
import { createServer as createTlsServer } from "node:https";
import { connect, createServer } from "node:net";

export const login = { username: "alice", password: "correct horse" };

/** @returns {string} the value of Proxy-Authorization */
export function basic({ username, password }) {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

/** Port of a server that listens on loopback from now on. */
export function listen(server) {
  return new Promise((done) => server.listen(0, "127.0.0.1", 1024, () => done(server.address().port)));
}

/** An HTTP/1.1 origin that requires a client certificate of `clientCa`. */
export function createOrigin({ cert, key, clientCa }) {
  const body = Buffer.from(JSON.stringify({ text: "x".repeat(1000) }));
  const origin = createTlsServer({ cert, key, ca: clientCa, requestCert: true, keepAliveTimeout: 60_000 });
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
  return origin;
}

/** @param {ReadonlyMap<string, number>} ports where the hosts that it knows listen; whatever port is asked for */
export function createProxy(ports) {
  const expected = basic(login);
  return createServer({ noDelay: true }, (socket) => {
    let head = "";
    const read = (chunk) => {
      head += chunk.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      socket.off("data", read).pause();
      const port = ports.get(head.match(/^CONNECT ([^:\s]+):\d+ /)?.[1]);
      if (port === undefined || !head.includes(expected)) {
        socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
        return;
      }
      const upstream = connect({ port, host: "127.0.0.1", noDelay: true }, () => {
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
}
