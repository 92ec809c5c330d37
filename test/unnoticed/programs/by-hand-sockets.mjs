// All that a program sees of a socket that it connects by hand, to a web server.
import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import http2 from "node:http2";
import net from "node:net";
import tls from "node:tls";
import { leadWebPorts } from "../support/web-ports.mjs";

/** Connections of all are led elsewhere, and the last of them keeps the process for no longer. */
export const needs = { alone: true };

const events = ["connect", "ready", "data", "end", "finish", "error", "close", "timeout"];
const states = ["connecting", "pending", "readyState", "destroyed", "readable", "writable", "allowHalfOpen", "timeout"];
const counts = ["bytesRead", "bytesWritten", "bufferSize"];

export async function program({ urls, say }) {
  leadWebPorts(urls);
  const { hostname: host, port, pathname } = new URL(urls.webPlain);
  const peer = { host, port: Number(port) };
  const head = (path, end = "close") =>
    `GET ${pathname}${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: ${end}\r\n\r\n`;
  const tell = say;

  await stating(peer, head, tell);
  await writing(peer, head, tell);
  await reading(peer, head, tell);
  await ending(peer, head, tell);
  await surroundings(peer, head, tell);
  await secure(urls, tell);

  const [{ code, address }] = await once(net.connect("/nonexistent/socket"), "error");
  say("a path", [code, address]);

  // Neither of these keeps the process.
  const idle = net.connect(peer, () => idle.unref());
  await once(idle, "ready");
  say("unref", idle.hasRef?.() ?? null);
}

/** What comes to pass on a socket, in order, with what it says of itself each time that `shown` names. */
function watch(socket, shown = []) {
  const told = [];
  for (const event of events)
    socket.on(event, (value) => {
      const more = event === "error" ? [value.code ?? value.name] : event === "close" ? [value] : [];
      if (event === "data" && told.at(-1)?.[0] === "data") return;
      told.push([event, ...more, ...(shown.includes(event) ? [stateOf(socket)] : [])]);
    });
  return told;
}

const stateOf = (socket) => Object.fromEntries([...states, ...counts].map((name) => [name, socket[name] ?? null]));

async function stating(peer, head, tell) {
  class Own extends net.Socket {
    get mine() {
      return "mine";
    }
  }
  const socket = new Own({ highWaterMark: 1000 });
  tell("before", [stateOf(socket), socket.address()]);
  const returned = socket.connect(peer.port, peer.host);
  tell("begun", [stateOf(socket), returned === socket, socket.address(), socket.remoteAddress ?? null]);
  const told = watch(socket, ["connect", "ready", "end", "close"]);
  await once(socket, "connect");
  const { address, family, port } = socket.address();
  const { remoteAddress, remotePort, remoteFamily, localPort } = socket;
  tell("addresses", [
    net.isIP(address),
    family,
    port === localPort,
    net.isIP(remoteAddress),
    remoteFamily,
    remotePort > 0,
  ]);
  tell("class", [socket instanceof net.Socket, socket instanceof Own, socket.mine, socket.readableHighWaterMark]);
  const chained = [
    socket.setNoDelay(true),
    socket.setKeepAlive(true, 1000),
    socket.setTimeout(0),
    socket.ref(),
    socket.unref(),
    socket.ref(),
  ];
  tell(
    "chained",
    chained.every((each) => each === socket),
  );
  socket.write(head("/echo"));
  await once(socket, "close");
  tell("events", told);
  tell("after", [socket.remoteAddress ?? null, socket.address()]);
  const again = watch(socket, ["connect", "close"]);
  socket.connect(peer, () => socket.write(head("/echo?again")));
  await once(socket, "close");
  tell("again", again.slice(0, 2).concat(again.slice(-1)));
}

async function writing(peer, head, tell) {
  const early = net.connect(peer);
  const told = watch(early);
  const written = [];
  early.write(head("/echo?early", "keep-alive").slice(0, 10), () => written.push("first"));
  tell("written early", [early.bytesWritten, early.writableLength, early.bufferSize]);
  early.end(`${head("/echo?early", "keep-alive").slice(10)}${head("/close?then")}`, "latin1", () =>
    written.push("second"),
  );
  await once(early, "close");
  tell("early", [told, written, early.bytesWritten]);

  const much = net.connect(peer);
  const parts = [];
  const size = 3_000_000;
  await once(much, "connect");
  much.write(
    `POST ${head("").split(" ")[1]}/echo?much HTTP/1.1\r\nHost: ${peer.host}\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n`,
  );
  tell("all written", await new Promise((resolve) => much.write(Buffer.alloc(size, "x"), resolve)));
  for await (const part of much) parts.push(part);
  tell("much", [/"size":\d+/.exec(Buffer.concat(parts).toString())?.[0], much.bytesWritten]);
}

async function reading(peer, head, tell) {
  const chunks = [];
  const buffer = Buffer.alloc(50);
  const into = net.connect({
    ...peer,
    onread: {
      buffer,
      callback(length, part) {
        chunks.push(Buffer.from(part.subarray(0, length)));
        return true;
      },
    },
  });
  into.write(head("/teapot?into"));
  await once(into, "close");
  tell("into a buffer", [
    chunks.every(({ length }) => length <= 50),
    Buffer.concat(chunks).toString().split("\r\n")[0],
    into.bytesRead,
  ]);

  const paused = net.connect(peer).setEncoding("latin1");
  const told = watch(paused);
  paused.pause();
  paused.write(head("/teapot?paused"));
  await once(paused, "connect");
  tell("paused", [paused.isPaused(), paused.readableFlowing]);
  paused.resume();
  await once(paused, "close");
  tell("resumed", told);

  const read = net.connect(peer);
  read.write(head("/teapot?read"));
  await once(read, "readable");
  tell("read", `${read.read(8)}`);
  read.resume();
  await once(read, "close");
}

async function ending(peer, head, tell) {
  const half = net.connect({ ...peer, allowHalfOpen: true });
  const told = watch(half, ["end"]);
  half.write(head("/close?half"));
  await once(half, "end");
  tell("half open", [told, half.writable]);
  half.end();
  await once(half, "close");
  tell("closed", told.slice(-2));

  const patient = net.connect({ ...peer, timeout: 100 });
  const late = watch(patient);
  patient.write(head("/never"));
  await once(patient, "timeout");
  tell("timeout", [late, patient.timeout]);
  patient.destroy();
  await once(patient, "close");

  for (const [what, end] of Object.entries({
    destroyed: (socket) => socket.destroy(),
    "destroyed with an error": (socket) => socket.destroy(Object.assign(new Error("mine"), { code: "MINE" })),
    "destroyed soon": (socket) => socket.destroySoon(),
    reset: (socket) => socket.resetAndDestroy(),
    ended: (socket) => socket.end(),
  }))
    for (const when of ["at once", "later"]) {
      const socket = net.connect(peer);
      const seen = watch(socket);
      if (when === "later") await once(socket, "connect");
      const closed = new Promise((resolve) => socket.once("close", resolve));
      end(socket);
      await closed;
      tell(`${what} ${when}`, seen);
    }

  const controller = new AbortController();
  const aborted = net.connect({ ...peer, signal: controller.signal });
  const seen = watch(aborted);
  controller.abort();
  await new Promise((resolve) => aborted.once("close", resolve));
  tell("aborted", seen);

  for (const path of ["/hang-up", "/cut", "/reset"]) {
    const broken = net.connect(peer);
    const outcome = watch(broken);
    broken.write(head(path));
    await new Promise((resolve) => broken.once("close", resolve));
    tell(path, outcome);
  }
}

async function surroundings(peer, head, tell) {
  const storage = new AsyncLocalStorage();
  const socket = storage.run("ours", () => net.connect(peer));
  const stores = new Set();
  for (const event of ["connect", "data", "end", "close"]) socket.on(event, () => stores.add(storage.getStore()));
  socket.write(head("/echo?stores"));
  await once(socket, "close");
  tell("stores", [...stores]);

  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  const thrown = once(process, "uncaughtException");
  const throwing = net.connect(peer, () => {
    throw Object.assign(new Error("thrown"), { code: "THROWN" });
  });
  const [{ code }] = await thrown;
  tell("thrown", code);
  for (const each of others) process.on("uncaughtException", each);
  throwing.destroy();

  for (const given of [[{}], [{ port: 70_000, host: peer.host }], [{ port: "http", host: peer.host }]]) {
    try {
      new net.Socket().connect(...given).on("error", () => undefined);
      tell("not refused");
    } catch (error) {
      tell("refused", error.code);
    }
  }
}

async function secure(urls, tell) {
  const { hostname: host, port } = new URL(urls.webSecure);
  const both = tls.connect({ socket: net.connect(Number(port), host), servername: host, ALPNProtocols: ["http/1.1"] });
  const told = watch(both, ["connect"]);
  both.on("secureConnect", () => told.push("secureConnect"));
  await once(both, "secureConnect");
  tell("TLS", [told, both.authorized, both.alpnProtocol, both.servername, both.getPeerCertificate().subject?.CN]);
  both.destroy();
  const session = http2.connect(urls.both, {
    createConnection: (url) => {
      const socket = new net.Socket().connect(Number(url.port), url.hostname);
      return tls.connect({ socket, servername: url.hostname, ALPNProtocols: ["h2"] });
    },
  });
  const stream = session.request({ ":path": `${new URL(urls.both).pathname}/echo` });
  const [answer] = await once(stream, "response");
  tell("HTTP/2", [answer[":status"], session.alpnProtocol, session.encrypted]);
  stream.resume();
  await once(stream, "close");
  session.close();
  await once(session, "close");
}
