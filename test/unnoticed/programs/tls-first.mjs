// A program that opens TLS before anything has loaded node:http, and one whose instrument was there before that as well; then agents of
// node:https, whose class is replaced before the first request.
import { once } from "node:events";
import tls, { connect } from "node:tls";

/** node:http is not loaded in a process of its own. */
export const needs = { alone: true };

export async function program({ urls, say }) {
  say("node:http is there", process.moduleLoadList.includes("NativeModule http"));
  say("node:tls is listed", [Array.isArray(process.moduleLoadList), Object.keys(process.moduleLoadList).length > 100]);
  const { hostname: host, port } = new URL(urls.secure);
  const options = { host, port, servername: host, ALPNProtocols: ["http/1.1"] };
  const path = `${new URL(urls.secure).pathname}/close`;
  const calls = [];
  const original = tls.connect;
  tls.connect = function (...given) {
    calls.push(given[0].host);
    return Reflect.apply(original, this, given);
  };
  for (const [name, open] of Object.entries({ taken: connect, instrumented: tls.connect }))
    say(name, await ask(open(options), path, host));
  say("no HTTP", await failure(connect({ host: "localhost", port: 1 })));
  say("calls", calls);
  const { default: https } = await import("node:https");
  const { Agent } = https;
  // A class of the program's own takes its place.
  const connected = [];
  https.Agent = class Own extends Agent {
    createConnection(...given) {
      connected.push(given[0].host);
      return super.createConnection(...given);
    }
  };
  https.globalAgent = new https.Agent({ keepAlive: true });
  for (const [name, agent] of Object.entries({ "of Node's class": new Agent(), "of its own class": undefined })) {
    const [response] = await once(https.get(`${urls.secure}/echo`, { agent }), "response");
    say(`request, agent ${name}`, [response.statusCode, await once(response.resume(), "end")]);
  }
  https.globalAgent.destroy();
  say("connected by its own class", connected);
  for (const [name, open] of Object.entries({ taken: connect, instrumented: tls.connect }))
    say(`${name}, later`, await ask(open(options), path, host));
  say("functions", [connect.name, connect.length, original === connect]);
}

async function ask(socket, path, host) {
  await once(socket, "secureConnect");
  socket.end(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  let text = "";
  for await (const chunk of socket) text += chunk;
  return [socket.authorized, socket.alpnProtocol, text.split("\r\n")[0]];
}

async function failure(socket) {
  const [{ code }] = await once(socket, "error");
  return code;
}
