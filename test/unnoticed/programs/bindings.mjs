// Programs that take Node's own parts from below node:net and node:http: they are the same, are used as often, and warn of it alike.
import { once } from "node:events";
import http from "node:http";
import https from "node:https";

/** It takes parts out, and warns once. */
export const needs = { alone: true, flags: ["--pending-deprecation"] };

export async function program({ urls, say }) {
  for (const name of [
    "tcp_wrap",
    "tls_wrap",
    "http_parser",
    "process_wrap",
    "spawn_sync",
    "cares_wrap",
    "nothing_of_this_name",
  ])
    say(`parts of ${name}`, parts(name));
  const made = [];
  const { TCP } = process.binding("tcp_wrap");
  const { connect, connect6 } = TCP.prototype;
  TCP.prototype.connect = function (...given) {
    made.push("connect");
    return connect.apply(this, given);
  };
  for (const [kind, client] of Object.entries({ secure: https, plain: http })) {
    say(`${kind}, by node`, await ask(client, `${urls[kind]}/echo`, { agent: false }));
    say(`${kind}, connections`, made.splice(0));
  }
  say("fetch", (await fetch(`${urls.plain}/echo`)).status);
  say("fetch, connections", made.splice(0));
  Object.assign(TCP.prototype, { connect, connect6 });
  say("by hand", await byHand(Number(new URL(urls.loopback).port)));
}

function parts(name) {
  try {
    return Object.keys(process.binding(name)).toSorted();
  } catch ({ name: kind, message, code }) {
    return [kind, message, code];
  }
}

/** To this machine: who opens a connection so has looked its address up. */
async function byHand(port) {
  const { TCP, TCPConnectWrap, constants } = process.binding("tcp_wrap");
  const wrap = new TCP(constants.SOCKET);
  const request = new TCPConnectWrap();
  const status = await new Promise((resolve) => {
    request.oncomplete = resolve;
    wrap.connect(request, "127.0.0.1", port);
  });
  const closed = new Promise((resolve) => {
    wrap.close(resolve);
  });
  await closed;
  return status;
}

async function ask(client, url, options) {
  const [response] = await once(client.get(url, options), "response");
  response.resume();
  await once(response, "close");
  return response.statusCode;
}
