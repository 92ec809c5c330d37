// Programs that connect a socket by hand, and speak HTTP, WebSocket or TLS on it.
import { readFileSync } from "node:fs";
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import tls from "node:tls";
import websocket from "faye-websocket";
import { leadWebPorts } from "../support/web-ports.mjs";

/** Whom it asks shows as a whole. */
export const needs = { alone: true };

export async function program({ urls, say }) {
  const secure = placeOf(urls.secure);
  const plain = placeOf(urls.plain);
  leadWebPorts(urls);
  const web = { secure: placeOf(urls.webSecure), plain: placeOf(urls.webPlain) };
  const byHand = ({ host, port }) => new net.Socket().connect(Number(port), host);
  const ways = {
    "an agent": () =>
      answered(https.get({ ...secure, agent: agentOf(https, (o) => tls.connect({ ...o, socket: byHand(o) })) })),
    "an agent, plain": () => answered(http.get({ ...plain, agent: agentOf(http, byHand) })),
    "a request": () => answered(http.get({ ...plain, createConnection: byHand })),
    "TLS on a socket": () =>
      said(tls.connect({ socket: byHand(web.secure), servername: secure.host }), "secureConnect", web.secure),
    "TLS on a connection": () =>
      said(
        tls.connect({ socket: net.connect(web.secure.port, secure.host), servername: secure.host }),
        "secureConnect",
        web.secure,
      ),
    "TLS on a connection that is there": async () => {
      const socket = net.connect(web.secure.port, secure.host);
      await once(socket, "connect");
      return said(tls.connect({ socket, servername: secure.host }), "secureConnect", web.secure);
    },
    "TLS by the class": async () => {
      const socket = net.connect(web.secure.port, secure.host);
      await once(socket, "connect");
      const over = new tls.TLSSocket(socket, { ca: readFileSync(process.env.NODE_EXTRA_CA_CERTS) });
      over.setServername(secure.host);
      return said(over, undefined, web.secure);
    },
    "TLS to another name": () =>
      said(tls.connect({ socket: byHand(web.secure), servername: "other.test" }), "secureConnect", web.secure),
    "a connection": () => said(net.connect(web.plain.port, plain.host), "connect", web.plain),
    "a socket": () => said(byHand(web.plain), "connect", web.plain),
    "a request after another": () => saidTwice(byHand(web.plain), web.plain),
    "a WebSocket": () => talked(`${urls.plain.replace("http", "ws")}/socket`),
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
    const write = () => socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    if (event === undefined) write();
    else socket.once(event, write);
    socket.once("data", (data) => resolve(`${data}`.split("\r\n")[0]));
    socket.on("error", ({ code }) => resolve(code));
  });
}

/** On one connection. */
async function saidTwice(socket, { host, path }) {
  const lines = [];
  for (const end of ["", "Connection: close\r\n"]) {
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${end}\r\n`);
    let text = "";
    while (!text.includes("}")) text += (await once(socket, "data"))[0];
    lines.push(text.split("\r\n")[0]);
  }
  await once(socket, "close");
  return lines;
}

/** By a library that connects by itself. */
function talked(url) {
  const client = new websocket.Client(url);
  const events = [];
  client.on("open", () => client.send("hello"));
  client.on("message", ({ data }) => {
    events.push(data);
    client.close(1000, "done");
  });
  client.on("error", ({ message }) => events.push(message));
  return new Promise((resolve) => client.on("close", ({ code, reason }) => resolve([...events, code, reason])));
}
