/** HTTP/1.1 over TLS through a tunnel: canned requests, and no more of the answers read than tells where they end. */
import { connect, createSecureContext } from "node:tls";
import { openTunnel } from "./tunnel.mjs";

const contexts = new Map();

/**
 * A connection of its own: full handshakes, as every newly started program makes them.
 * @param {import("./forwarders.mjs").Via} via
 * @returns {Promise<{ ask: () => Promise<string>, close: () => void, over: boolean }>} `ask` resolves with an answer's head, its
 *   body read; `over`: the answer said that it was the last one on this connection
 */
export async function openExchange(via) {
  const tunnel = await openTunnel(via);
  const { servername, port } = addressOf(via);
  const socket = connect({ socket: tunnel, servername, secureContext: contextOf(via) });
  const request = `GET / HTTP/1.1\r\nHost: ${servername}:${port}\r\nAccept: */*\r\n\r\n`;
  let bytes = Buffer.alloc(0);
  let settle;
  let failure;
  const end = (error) => {
    failure ??= error ?? new Error(`${servername} closed before its answer was complete`);
    settle?.reject(failure);
  };
  socket.on("error", end).on("close", () => end());
  socket.on("data", (chunk) => {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    try {
      const head = completeHead(bytes);
      if (head === undefined) return;
      bytes = Buffer.alloc(0);
      settle.resolve(head);
    } catch (error) {
      end(error);
    }
  });
  let over = false;
  const ask = async () => {
    const head = await new Promise((resolve, reject) => {
      settle = { resolve, reject };
      if (failure === undefined) socket.write(request);
      else reject(failure);
    });
    over = /^connection: *close/im.test(head);
    return head;
  };
  return {
    ask,
    close: () => socket.end(),
    get over() {
      return over;
    },
  };
}

function addressOf({ target }) {
  const { hostname, port } = new URL(`https://${target}`);
  return { servername: hostname, port };
}

function contextOf({ ca, cert, key }) {
  let context = contexts.get(ca);
  if (context === undefined) contexts.set(ca, (context = createSecureContext({ ca, cert, key })));
  return context;
}

/** @returns {string | undefined} the answer's head, once all of it and of its body is there */
function completeHead(bytes) {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd === -1) return undefined;
  const head = bytes.toString("latin1", 0, headEnd);
  if (!head.startsWith("HTTP/1.1 200")) throw new Error(`the answer was ${head.split("\r\n")[0]}`);
  const length = head.match(/^content-length: *(\d+)/im)?.[1];
  if (length !== undefined) return bytes.length >= headEnd + 4 + Number(length) ? head : undefined;
  if (!/^transfer-encoding: *chunked/im.test(head)) throw new Error("an answer whose end cannot be seen");
  return bytes.subarray(-5).equals(lastChunk) ? head : undefined;
}

const lastChunk = Buffer.from("0\r\n\r\n");
