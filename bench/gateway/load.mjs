/** The client of the gateway's measurements, in a process of its own: one for all forwarders, so that they meet the same one. */
import { openExchange } from "./exchange.mjs";
import { acknowledgeEvery, answerSize, clientHello, operations, request } from "./protocol.mjs";
import { counter, openTunnel } from "./tunnel.mjs";
import { serveOrders } from "../serve-orders.mjs";

/** What a client says first in the tunnel; it names the host as it does in CONNECT, an address (RFC 6066) it leaves out. */
const hellos = {
  named: await clientHello("tunnel.bench.test"),
  unnamed: await clientHello(undefined),
};
const helloFor = ({ target }) => (target?.startsWith("tunnel.bench.test") ? hellos.named : hellos.unnamed);

/** Tunnels that {@link hold} keeps open. */
let held = [];

/** Small requests, one after the other, on one tunnel. */
async function roundTrips({ via, ms }) {
  const { socket, answered } = await openEcho(via);
  const ask = () => {
    socket.write(echo);
    return answered.next(answerSize);
  };
  for (let warm = 0; warm < 50; warm++) await ask();
  const answers = await repeat(ask, { ms });
  socket.destroy();
  return summary([answers]);
}

/** A new tunnel for every small request. */
async function newTunnels({ via, ms }) {
  return summary([await repeat(async () => (await openEcho(via)).socket.destroy(), { ms })]);
}

/** Bytes a second in one direction through a tunnel of its own. */
async function transfer({ via, direction, ms }) {
  const socket = await openTunnel(via);
  const move = direction === "download" ? download : upload;
  const moved = move(socket.resume(), helloFor(via));
  // Until the buffers along the way are full, it is they that take the bytes.
  await passed(ms / 5);
  const [bytes, start] = [moved(), performance.now()];
  await passed(ms);
  const [more, seconds] = [moved() - bytes, (performance.now() - start) / 1000];
  socket.on("error", () => {}).destroy();
  if (more === 0) throw new Error(`no bytes came through to ${via.target ?? via.port}`);
  return { bytes: more, bytesPerSecond: more / seconds };
}

/** Opens tunnels, each with one request and its answer, and keeps them. A tunnel that fails is one less in `open`. */
async function hold({ via, count }) {
  let left = count;
  const open = async () => {
    while (left-- > 0) held.push((await openEcho(via).catch(() => undefined))?.socket);
  };
  await Promise.all(Array.from({ length: 20 }, open));
  return { open: held.filter((socket) => socket?.destroyed === false).length };
}

async function release() {
  for (const socket of held) socket?.destroy();
  held = [];
  return {};
}

/** HTTPS requests in intercepted tunnels. */
async function requests({ via, inFlight, newConnection, ms }) {
  const exchanges = [];
  // A few at a time: some peers drop connections when they are asked for fifty handshakes at once.
  while (exchanges.length < inFlight) {
    const few = Math.min(5, inFlight - exchanges.length);
    exchanges.push(...(await Promise.all(Array.from({ length: few }, () => openProven(via)))));
  }
  return summary(await Promise.all(exchanges.map((exchange) => askOn(exchange, { via, newConnection, ms }))));
}

/** One request after the other, on one connection for as long as it lasts or on a new one each. */
async function askOn(exchange, { via, newConnection, ms }) {
  let current = exchange;
  const answers = await repeat(
    async () => {
      if (newConnection || current.over) {
        current.close();
        current = await openExchange(via);
      }
      await current.ask();
    },
    { ms },
  );
  current.close();
  return answers;
}

/** The upstream must have seen the certificate, or something else was measured. */
async function openProven(via) {
  const exchange = await openExchange(via);
  const head = await exchange.ask();
  if (!/^x-peer: *alice$/im.test(head)) throw new Error(`the origin did not see alice: ${head}`);
  return exchange;
}

const echo = request(operations.echo);

async function openEcho(via) {
  const socket = await openTunnel(via);
  const answered = counter(socket);
  socket.write(Buffer.concat([helloFor(via), echo]));
  await answered.next(answerSize);
  return { socket, answered };
}

function download(socket, hello) {
  let bytes = 0;
  socket.on("data", (chunk) => (bytes += chunk.length));
  socket.write(Buffer.concat([hello, request(operations.download)]));
  return () => bytes;
}

function upload(socket, hello) {
  const block = Buffer.alloc(256 * 1024, operations.upload);
  let confirmed = 0;
  socket.on("data", (chunk) => (confirmed += chunk.length));
  const fill = () => {
    while (!socket.destroyed && socket.write(block));
  };
  socket.on("drain", fill);
  socket.write(Buffer.concat([hello, request(operations.upload)]));
  fill();
  return () => confirmed * acknowledgeEvery;
}

const passed = (ms) => new Promise((done) => setTimeout(done, ms));

async function repeat(once, { ms }) {
  const latencies = [];
  const start = performance.now();
  while (performance.now() - start < ms) {
    const sent = performance.now();
    await once();
    latencies.push(performance.now() - sent);
  }
  return { latencies, ms: performance.now() - start };
}

/** Of lanes that ran side by side. */
function summary(lanes) {
  const latencies = lanes.flatMap((lane) => lane.latencies).sort((a, b) => a - b);
  const count = latencies.length;
  const seconds = Math.max(...lanes.map(({ ms }) => ms)) / 1000;
  return { count, p50: latencies[count >> 1], perSecond: count / seconds };
}

serveOrders({ roundTrips, newTunnels, transfer, hold, release, requests });
