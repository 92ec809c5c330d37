// Programs that connect a socket by hand, and speak HTTP on it: what the preload does not reach (see differences.json).
import http from "node:http";
import https from "node:https";
import net from "node:net";
import tls from "node:tls";

/** Whom it asks shows as a whole. */
export const needs = { alone: true };

export async function program({ urls, say }) {
  const secure = placeOf(urls.secure);
  const plain = placeOf(urls.plain);
  const byHand = ({ host, port }) => new net.Socket().connect(Number(port), host);
  const ways = {
    "an agent": () =>
      answered(https.get({ ...secure, agent: agentOf(https, (o) => tls.connect({ ...o, socket: byHand(o) })) })),
    "an agent, plain": () => answered(http.get({ ...plain, agent: agentOf(http, byHand) })),
    "a request": () => answered(http.get({ ...plain, createConnection: byHand })),
    "TLS on a socket": () =>
      said(tls.connect({ socket: byHand(secure), servername: secure.host }), "secureConnect", secure),
    "TLS on a connection": () =>
      said(
        tls.connect({ socket: net.connect(secure.port, secure.host), servername: secure.host }),
        "secureConnect",
        secure,
      ),
    "a connection": () => said(net.connect(plain.port, plain.host), "connect", plain),
  };
  for (const [name, ask] of Object.entries(ways)) say(`by hand, ${name}`, await ask());
}

function placeOf(url) {
  const { hostname: host, port, pathname } = new URL(`${url}/echo`);
  return { host, port: Number(port), path: pathname };
}

function agentOf({ Agent }, createConnection) {
  return Object.assign(new Agent(), { createConnection });
}

function answered(request) {
  return new Promise((resolve) => {
    request.on("response", (response) => resolve(response.resume().statusCode));
    request.on("error", ({ code }) => resolve(code));
  });
}

function said(socket, event, { host, path }) {
  return new Promise((resolve) => {
    socket.once(event, () => socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`));
    socket.once("data", (data) => resolve(`${data}`.split("\r\n")[0]));
    socket.on("error", ({ code }) => resolve(code));
  });
}
