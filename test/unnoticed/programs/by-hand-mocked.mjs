// Connections by hand where nock 15 may stand in for the server: what it answers never reaches the network, and what it lets through goes out.
import http from "node:http";
import https from "node:https";
import net from "node:net";
import tls from "node:tls";
import { leadWebPorts } from "../support/web-ports.mjs";

/** It puts functions in the place of Node's, and needs what is new in it. */
export const needs = { alone: true, node: 22 };

export async function program({ urls, say }) {
  leadWebPorts(urls);
  const { default: nock } = await import("nock15");
  for (const base of ["http://mocked.test:8080", "https://mocked.test:8443"]) nock(base).get("/it").times(3).reply(202);
  const byHand = ({ host, port }) => new net.Socket().connect(Number(port), host);
  const agentOf = ({ Agent }, createConnection) => Object.assign(new Agent(), { createConnection });
  const overTls = agentOf(https, (options) => tls.connect({ ...options, socket: byHand(options) }));
  const ways = {
    "a request": (url) => answered(http.get(url.plain, { createConnection: byHand })),
    "an agent": (url) => answered(http.get(url.plain, { agent: agentOf(http, byHand) })),
    "an agent, TLS": (url) => answered(https.get(url.secure, { agent: overTls })),
    "a connection": (url) => said(new URL(url.plain)),
  };
  const mocked = { plain: "http://mocked.test:8080/it", secure: "https://mocked.test:8443/it" };
  const through = { plain: `${urls.webPlain}/echo`, secure: `${urls.webSecure}/echo` };
  for (const [name, ask] of Object.entries(ways)) {
    say(`mocked, ${name}`, await ask(mocked));
    say(`let through, ${name}`, await ask(through));
  }
}

function answered(request) {
  return new Promise((resolve) => {
    request.on("response", (response) => resolve(response.resume().statusCode));
    request.on("error", ({ code }) => resolve(code));
  });
}

function said({ hostname: host, port, pathname }) {
  const socket = net.connect(Number(port), host);
  socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: close\r\n\r\n`);
  return new Promise((resolve) => {
    socket.once("data", (data) => resolve(data.toString().split("\r\n")[0]));
    socket.on("error", ({ code }) => resolve(code));
  });
}
