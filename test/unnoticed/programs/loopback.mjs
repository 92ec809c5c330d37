// A developer's own server: a certificate that nobody signed, on this machine, which is nobody's business.
import { subscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import http2 from "node:http2";
import https from "node:https";
import net from "node:net";
import tls from "node:tls";

export async function program({ urls, say }) {
  const url = `${urls.loopback}/echo`;
  const { port } = new URL(url);
  say("refused", await ask(url, {}));
  for (const host of ["localhost", "127.0.0.1"]) {
    const own = url.replace("localhost", host);
    say(`unverified ${host}`, await ask(own, { rejectUnauthorized: false }));
    say(`agent ${host}`, await ask(own, { agent: new https.Agent({ rejectUnauthorized: false, keepAlive: true }) }));
  }
  const senders = new Set();
  // Who publishes it is who sends it.
  subscribe("undici:request:create", () => senders.add(callerOf(new Error("here").stack)));
  const response = fetch(url);
  say(
    "fetch",
    await response.then(
      ({ status }) => status,
      ({ cause }) => cause.code,
    ),
  );
  say(
    "plain TLS",
    await connected(tls.connect({ port, host: "localhost", rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] })),
  );
  const session = http2.connect(urls.loopback, { rejectUnauthorized: false });
  say(
    "http2",
    await new Promise((resolve) => {
      session.on("connect", (_session, socket) => resolve([socket.alpnProtocol, socket.authorized]));
      session.on("error", ({ code }) => resolve(code));
    }),
  );
  session.destroy();
  const closed = net.createServer().listen(0, "127.0.0.1");
  await once(closed, "listening");
  const gone = closed.address().port;
  closed.close();
  await once(closed, "close");
  say("nobody there", (await ask(`https://localhost:${gone}/`, {})).replace(`${gone}`, "PORT"));
  say(
    "nobody there, fetch",
    await fetch(`http://127.0.0.1:${gone}/`).catch(({ cause }) => [
      cause.code,
      cause.message.replace(`${gone}`, "PORT"),
    ]),
  );
  say("who sends what is fetched", [...senders]);
}

/** The first file of a stack that is not this one, nor Node's own channels. Programs' own lie anywhere. */
function callerOf(stack) {
  const files = stack.split("\n").map((line) => /\(?((?:node|file):[^\s:]+|\/[^\s:]+):\d+:\d+\)?$/.exec(line)?.[1]);
  const caller = files.find((file) => file !== undefined && file !== import.meta.url && !file.includes("channel"));
  return caller?.startsWith("node:") ? caller : "elsewhere";
}

function ask(url, options) {
  return new Promise((resolve) => {
    const request = https.get(url, options, (response) => {
      response.resume();
      const { socket } = response;
      const { subject } = socket.getPeerCertificate();
      response.on("close", () =>
        resolve({ status: response.statusCode, subject, isTls: socket instanceof tls.TLSSocket }),
      );
    });
    request.on("error", (error) => resolve(`${error.name} ${error.code} ${error.message} ${error.syscall}`));
  });
}

function connected(socket) {
  return new Promise((resolve) => {
    socket.on("secureConnect", () => {
      resolve([socket.authorized, socket.authorizationError, socket.constructor.name]);
      socket.destroy();
    });
    socket.on("error", ({ code }) => resolve(code));
  });
}
