// Instruments: what undici and node:http publish on their channels, in order, and what a subscriber may do to a request.
import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import { createServer } from "node:net";
import { askedOn } from "../support/http2.mjs";

/** Newer versions of undici publish more; which is older depends on the release of Node. */
const undici = [
  "request:create",
  "client:beforeConnect",
  "client:connected",
  "client:connectError",
  "client:sendHeaders",
]
  .concat(["request:bodySent", "request:headers", "request:trailers", "request:error"])
  .map((name) => `undici:${name}`);
const http1 = ["request.start", "response.finish", "request.error"].map((name) => `http.client.${name}`);
/** Of releases of Node that have them: on older ones our undici, which is newer than theirs, publishes more than theirs does. */
const newer = ["undici:proxy:connected", "undici:request:bodyChunkSent", "undici:request:bodyChunkReceived"]
  .concat(["open", "close", "ping", "pong", "socket_error"].map((name) => `undici:websocket:${name}`))
  .concat(["created", "start", "finish", "close", "error"].map((name) => `http2.client.stream.${name}`))
  .concat(["http.client.request.created", "net.client.socket"]);
const flow = new AsyncLocalStorage();

/** undici 8 gives those of HTTP/2 as an object. */
const list = (headers) =>
  Array.isArray(headers)
    ? headers.every((each) => typeof each === "string" || Buffer.isBuffer(each))
    : typeof headers === "object";
const shapes = {
  "undici:request:create": ({ request }) => {
    request.addHeader("traceparent", `trace-${flow.getStore()}`);
    const { origin, method, path, completed, aborted, headers, contentLength, contentType, host, upgrade } = request;
    const { servername, idempotent } = request;
    const first = { flow: flow.getStore(), type: request.constructor.name, origin, method, path, completed, aborted };
    return { ...first, headers, contentLength, contentType, host, upgrade, servername, idempotent };
  },
  "undici:client:connected": ({ connectParams, connector, socket }) => [
    place(connectParams),
    typeof connector,
    socket.remotePort > 0,
  ],
  "undici:client:beforeConnect": ({ connectParams, connector }) => [place(connectParams), typeof connector],
  "undici:client:connectError": ({ connectParams, error }) => [place(connectParams), error.code],
  "undici:client:sendHeaders": ({ request, headers, socket }) => [
    request.method,
    // HTTP/2 has no request line; in which order its fields come depends on the release of undici.
    /^:method: /m.test(headers) ? "HTTP/2" : headers.replaceAll("\r\n", " | "),
    socket.remotePort > 0,
  ],
  "undici:request:bodySent": ({ request }) => request.method,
  "undici:request:headers": ({ request, response }) => [request.completed, response.statusCode, list(response.headers)],
  "undici:request:trailers": ({ request, trailers }) => [request.completed, list(trailers)],
  "undici:request:error": ({ request, error }) => [request.method, error.name, error.code],
};
const place = ({ host, hostname, protocol, port, servername }) => ({ host, hostname, protocol, port, servername });

/** Subscribers stay: */
export const needs = { alone: true };

export async function program({ urls, say }) {
  const events = [];
  for (const channel of [...undici, ...http1])
    subscribe(channel, (message) => events.push([channel, shapes[channel]?.(message)]));
  // When a connection is free for the next request is a matter of turns.
  const told = async (what, work, { connects = false } = {}) => {
    events.length = 0;
    await flow.run(what, work).catch(({ name }) => events.push([name]));
    for (const event of events) if (connects || !/:(?:beforeConnect|connected)$/.test(event[0])) say(what, event);
  };
  const text = async (url, options) => (await fetch(url, options)).text();
  for (const kind of ["secure", "both", "plain"]) {
    await told(`${kind} GET`, () => text(`${urls[kind]}/echo`), { connects: true });
    await told(`${kind} POST`, () => text(`${urls[kind]}/echo`, { method: "POST", body: "text" }));
    await told(`${kind} broken off`, () => text(`${urls[kind]}/hang-up`, { method: "POST" }));
  }
  const traces = await Promise.all(
    ["one", "two", "three"].map((name) => flow.run(name, () => text(`${urls.both}/echo?at-once=${name}`))),
  );
  say("at once", [
    traces.map((trace) => JSON.parse(trace).method),
    events
      .filter(([name]) => name === "undici:request:create")
      .map(([, { flow: of, path }]) => `${of} ${path.replace(/.*=/, "")}`)
      .toSorted((one, other) => one.localeCompare(other)),
  ]);
  const closed = createServer().listen(0, "127.0.0.1");
  await once(closed, "listening");
  const { port } = closed.address();
  closed.close();
  await once(closed, "close");
  const nobody = urls.secure.replace(/:\d+.*/, `:${port}`);
  events.length = 0;
  await text(nobody).catch(({ name, cause }) => events.push([name, cause.code]));
  for (const event of events) say("nobody there", JSON.parse(JSON.stringify(event).replaceAll(`${port}`, "PORT")));
  for (const [kind, client] of Object.entries({ secure: https, plain: http })) {
    for (const path of ["echo", "hang-up"])
      await told(`${kind} node:http ${path}`, async () => {
        const request = client.get(`${urls[kind]}/${path}`);
        const [response] = await once(request, "response");
        response.resume();
        await once(response, "close");
      });
  }
  if (Number(process.versions.node.split(".")[0]) >= 24) await ofNewer(urls, say);
}

async function ofNewer(urls, say) {
  const events = [];
  for (const channel of newer)
    subscribe(channel, (message) => {
      const { code, reason, websocket, socket } = message;
      const kinds = [websocket, socket].map((each) => each?.constructor.name);
      events.push([channel, Object.keys(message).join(), code, reason, ...kinds]);
    });
  const tell = (what) => {
    for (const event of events.splice(0)) say(`newer: ${what}`, event);
  };
  const origin = urls.secure.replace("https", "wss");
  const socket = new WebSocket(`${origin}/socket`);
  socket.addEventListener("open", () => socket.send("hello"));
  socket.addEventListener("message", () => socket.close(1000, "done"));
  await new Promise((resolve) => socket.addEventListener("close", resolve));
  tell("WebSocket");
  await (await fetch(`${urls.plain}/echo`, { method: "POST", body: "text" })).text();
  tell("fetch");
  await askedOn(http2.connect(urls.both), urls.both);
  tell("session");
}
