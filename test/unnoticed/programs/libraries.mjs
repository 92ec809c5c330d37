// Libraries by which programs ask servers: answers, redirects, servers that break off, who gives up, bodies in pieces, and the bytes of heads.
import { Readable } from "node:stream";
import axios from "axios";
import got from "got";
import ky from "ky";
import { Server, WebSocket as MockSocket } from "mock-socket";
import nodeFetch from "node-fetch";
import WebSocket from "ws";

/** It asks as often as several others. */
export const needs = { alone: true };

export async function program({ urls, say }) {
  for (const kind of ["secure", "plain"]) {
    for (const [name, ask] of Object.entries(libraries)) {
      for (const [what, { path = what, ...options }] of Object.entries(requests))
        say(`${kind} ${name} ${what}`, await ask(`${urls[kind]}/${path}`, options).catch(described));
    }
    for (const [what, speak] of Object.entries(talks))
      say(`${kind} ws ${what}`, await speak(`${urls[kind]}/socket`.replace(/^http/, "ws")));
  }
  say("mock-socket", await mocked(urls.secure.replace("https", "wss")));
}

const requests = {
  echo: {},
  teapot: {},
  redirect: {},
  empty: {},
  "hang-up": {},
  cut: {},
  "cut-chunked": {},
  reset: {},
  "text as a body": { path: "echo", method: "POST", body: "text" },
  "a body in pieces": { path: "echo", method: "PUT", pieces: ["one", "two", "three"] },
  "given up at once": { path: "unseen/never", signal: () => AbortSignal.abort() },
  "given up later": { path: "never", signal: () => AbortSignal.timeout(300) },
  "a limit of time": { path: "never", timeout: 300 },
  headers: { path: "echo", headers: { "X-Mine": "1", accept: "text/*", "user-agent": "mine" } },
};

/** Each gives the status and the text of the answer, and what it says of the way there. */
const libraries = {
  async axios(url, { body, pieces, signal, ...options }) {
    const data = pieces ? Readable.from(pieces) : body;
    const {
      status,
      data: text,
      request,
    } = await axios(url, {
      ...options,
      data,
      signal: signal?.(),
      proxy: false,
      responseType: "text",
      validateStatus: null,
    });
    return [status, text, request.path.endsWith("/echo")];
  },
  async got(url, { pieces, timeout, ...options }) {
    const settings = { ...options, signal: options.signal?.(), timeout: { request: timeout }, retry: { limit: 0 } };
    const body = pieces ? Readable.from(pieces) : options.body;
    const answer = await got(url, { ...settings, body, throwHttpErrors: false });
    return [answer.statusCode, answer.body, answer.redirectUrls.length, Object.keys(answer.timings.phases).join(" ")];
  },
  async ky(url, { pieces, timeout = false, signal, ...options }) {
    const stream = pieces && {
      body: Readable.toWeb(Readable.from(pieces.map((each) => Buffer.from(each)))),
      duplex: "half",
    };
    const answer = await ky(url, {
      ...options,
      ...stream,
      signal: signal?.(),
      timeout,
      retry: 0,
      throwHttpErrors: false,
    });
    return [answer.status, await answer.text(), answer.redirected];
  },
  async "node-fetch"(url, { pieces, timeout, signal = timeout && (() => AbortSignal.timeout(timeout)), ...options }) {
    const body = pieces ? Readable.from(pieces) : options.body;
    const answer = await nodeFetch(url, { ...options, body, signal: signal?.() });
    return [answer.status, await answer.text(), answer.redirected];
  },
};

function described({ name, code, cause, type, response }) {
  return {
    name,
    code,
    type,
    cause: cause && [cause.name, cause.code],
    status: response?.status ?? response?.statusCode,
  };
}

const talks = {
  text: (url) => talk(new WebSocket(url), (socket) => socket.send("hello")),
  bytes: (url) => talk(new WebSocket(url), (socket) => socket.send(Buffer.from("hello"))),
  "protocols and headers": (url) =>
    talk(new WebSocket(url, ["one", "two"], { headers: { "X-Mine": "1" }, origin: "http://mine.test" }), (socket) =>
      socket.send("hello"),
    ),
  compressed: (url) => talk(new WebSocket(url, { perMessageDeflate: true }), (socket) => socket.send("x".repeat(5000))),
  "closed by the server": (url) => talk(new WebSocket(url), (socket) => socket.send("close")),
  cut: (url) => talk(new WebSocket(url), (socket) => socket.send("cut")),
  terminated: (url) => talk(new WebSocket(url), (socket) => socket.terminate()),
  refused: (url) => talk(new WebSocket(url.replace(/socket$/, "refuse"))),
  "given up at once": (url) => {
    const socket = new WebSocket(new URL("/unseen/socket", url));
    setImmediate(() => socket.terminate());
    return talk(socket);
  },
};

async function talk(socket, opened) {
  const events = [];
  const note = (event, shown) => socket.on(event, (...args) => events.push([event, ...shown(...args)]));
  note("upgrade", ({ statusCode, rawHeaders }) => [statusCode, rawHeaders.length]);
  note("unexpected-response", (_request, { statusCode }) => [statusCode]);
  note("open", () => [socket.protocol, socket.extensions]);
  note("message", (data, binary) => [data.length, binary]);
  note("ping", () => []);
  note("error", ({ name, code, message }) => [name, code, message]);
  note("close", (code, reason) => [code, String(reason), socket.readyState]);
  socket.on("open", () => opened(socket));
  socket.on("message", () => socket.close(1000, "done"));
  // Whoever listens for it has to end it.
  socket.on("unexpected-response", () => socket.terminate());
  await new Promise((resolve) => socket.on("close", resolve));
  return events;
}

/** A server that only this library knows, and its WebSocket in the place of the built-in one. */
async function mocked(url) {
  const server = new Server(url);
  server.on("connection", (socket) => socket.on("message", (data) => socket.send(data)));
  const client = new MockSocket(url);
  const events = [];
  for (const event of ["open", "message", "close"])
    client.addEventListener(event, ({ type, data, code }) => events.push([type, data, code]));
  client.addEventListener("open", () => client.send("hello"));
  client.addEventListener("message", () => client.close());
  await new Promise((resolve) => client.addEventListener("close", resolve));
  server.stop();
  return events;
}
