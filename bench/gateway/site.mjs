/**
 * The upstream of the gateway's measurements, in a process of its own: the upstream proxy, an origin that requires a client
 * certificate, and behind `tunnel.bench.test` a server for plain bytes (protocol.mjs). Tells its parent where all that is.
 */
import { createServer } from "node:net";
import { createAuthority } from "../../dist/lab/index.js";
import { createOrigin, createProxy, listen, login } from "../upstream.mjs";
import { acknowledgeEvery, answerSize, operations, requestSize } from "./protocol.mjs";

const originHost = "origin.bench.test";
const tunnelHost = "tunnel.bench.test";

const root = await createAuthority({ name: "Bench Root CA" });
const clientCa = await createAuthority({ name: "Bench Client CA" });
const server = await root.issue({ commonName: originHost, hosts: [originHost], usage: "server" });
const client = await clientCa.issue({ commonName: "alice", usage: "client" });

const answer = Buffer.alloc(answerSize, "x");
const block = Buffer.alloc(256 * 1024, "x");
const acknowledgement = Buffer.alloc(1);

/** Bytes of the ClientHello that begins each connection, once its record's header is there. */
const helloSize = (bytes) => (bytes.length < 5 ? undefined : 5 + bytes.readUInt16BE(3));

const serve = {
  /** An answer for each request. */
  [operations.echo](socket, first) {
    let waiting = first;
    const count = (size) => {
      for (waiting += size; waiting >= requestSize; waiting -= requestSize) socket.write(answer);
    };
    count(0);
    socket.on("data", (chunk) => count(chunk.length));
  },
  /** Bytes without end. */
  [operations.download](socket) {
    const fill = () => {
      while (socket.write(block));
    };
    socket.on("drain", fill).resume();
    fill();
  },
  /** Takes bytes, and gives one back for each {@link acknowledgeEvery}. */
  [operations.upload](socket, first) {
    let waiting = first;
    socket.on("data", (chunk) => {
      for (waiting += chunk.length; waiting >= acknowledgeEvery; waiting -= acknowledgeEvery)
        socket.write(acknowledgement);
    });
  },
};

const plain = createServer({ noDelay: true }, (socket) => {
  let bytes = Buffer.alloc(0);
  const read = (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    const start = helloSize(bytes);
    if (start === undefined || bytes.length <= start) return;
    socket.off("data", read);
    serve[bytes[start]](socket, bytes.length - start);
  };
  socket.on("data", read);
  socket.on("error", () => socket.destroy());
});

const tunnelPort = await listen(plain);
const originPort = await listen(createOrigin({ cert: server.chain, key: server.key, clientCa: clientCa.cert }));
const ports = new Map([
  [tunnelHost, tunnelPort],
  [originHost, originPort],
]);
const proxyPort = await listen(createProxy(ports));

process.on("disconnect", () => process.exit());
process.send({
  proxy: { url: `http://127.0.0.1:${proxyPort}`, port: proxyPort, ...login },
  origin: { host: originHost, port: originPort },
  tunnel: { host: tunnelHost, port: tunnelPort },
  root: root.cert,
  cert: client.chain,
  key: client.key,
});
