import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { createServer, type Server, type Socket } from "node:net";
import { answerQuery, type Resolving } from "./answer.js";

const port = 53;
/** Where stub resolvers of this machine may be looked for: an answer from another address than was asked is none. */
const ownAddresses = ["127.0.0.1", "127.0.0.53", "127.0.0.54"];
/** All others, since each address is this machine's here: a program that asks a resolver of its own choice is answered, too. */
const anyAddresses = ["0.0.0.0", "::"];
/** Milliseconds of silence after which a connection for queries is closed. */
const longestSilence = 30_000;
/** Bytes: a query is a name and little more. */
const longestQuery = 4096;
const mostConnections = 256;

/**
 * Answers DNS over UDP and TCP at every address of the namespace.
 * Rejects with the ErrnoException of the one address that every resolver's settings name.
 */
export async function startResolver(resolving: Resolving): Promise<void> {
  await Promise.all(
    [...ownAddresses, ...anyAddresses].map((address) =>
      bind(address, resolving).catch((error: unknown) => {
        if (address === ownAddresses[0]) throw error;
      }),
    ),
  );
  await listen(resolving);
}

function bind(address: string, resolving: Resolving): Promise<UdpSocket> {
  const isV6 = address.includes(":");
  const socket = createSocket({ type: isV6 ? "udp6" : "udp4", reuseAddr: true, ipv6Only: isV6 });
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.on("message", (message, from) => {
      const answer = answerQuery(message, resolving);
      if (answer !== undefined) socket.send(answer, from.port, from.address);
    });
    socket.bind(port, address, () => {
      socket.off("error", reject);
      // Somebody who asked and is gone.
      socket.on("error", () => undefined);
      socket.unref();
      resolve(socket);
    });
  });
}

function listen(resolving: Resolving): Promise<void> {
  const server: Server = createServer((client) => serve(client, resolving));
  server.maxConnections = mostConnections;
  return new Promise((resolve) => {
    const done = (): void => resolve();
    // UDP does for nearly all: without TCP most goes on.
    server.on("error", done);
    server.listen(port, "::", done);
    server.unref();
  });
}

/** RFC 1035 section 4.2.2: each message behind two bytes of length. */
function serve(client: Socket, resolving: Resolving): void {
  let begun = Buffer.alloc(0);
  client.on("error", () => undefined);
  client.setTimeout(longestSilence, () => client.destroy());
  client.on("data", (chunk: Buffer) => {
    begun = Buffer.concat([begun, chunk]);
    while (begun.length >= 2) {
      const length = begun.readUInt16BE(0);
      if (length > longestQuery) return client.destroy();
      if (begun.length < 2 + length) return undefined;
      const answer = answerQuery(begun.subarray(2, 2 + length), resolving);
      begun = begun.subarray(2 + length);
      if (answer === undefined) return client.destroy();
      const prefix = Buffer.alloc(2);
      prefix.writeUInt16BE(answer.length, 0);
      client.write(Buffer.concat([prefix, answer]));
    }
    return undefined;
  });
}
