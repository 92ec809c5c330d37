import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { exchange } from "./exchange.js";
import { noFrames } from "./faults.js";
import { Silence, within } from "./silence.js";
import type { Found, Probing } from "./types.js";

/** RFC 6455 section 4.2.2. */
const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** A ping without a body, masked with zeros as a client must mask (sections 5.3 and 5.5.2). */
const ping = Buffer.from([0x89, 0x80, 0, 0, 0, 0]);

/** Asks for an upgrade, and sends a ping over it: some boxes let the upgrade pass and no frame after it. */
export async function websocket({ url, open, patience }: Probing): Promise<Found> {
  const connection = await open();
  const key = randomBytes(16).toString("base64");
  try {
    const { response, upgraded } = await exchange(connection, url, {
      headers: { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13", "sec-websocket-key": key },
      patience,
    });
    const status = response.statusCode ?? 0;
    if (upgraded === undefined)
      return found(`the answer is ${status}: no WebSocket at this path, or somebody on the way takes the upgrade out`);
    const expected = createHash("sha1")
      .update(key + guid)
      .digest("base64");
    if (response.headers["sec-websocket-accept"] !== expected)
      return found(`${status}, but the answer to the key is wrong: what answered does not speak WebSocket`);
    upgraded.write(ping);
    await within(patience, firstByte(upgraded, patience));
    return found("the upgrade is taken, and a ping is answered");
  } catch (error) {
    if (!(error instanceof Silence)) throw error;
    return { ...found("no frame came back"), warning: noFrames(url, error.ms) };
  } finally {
    connection.socket.destroy();
  }
}

async function firstByte(socket: Duplex, patience: number): Promise<void> {
  const ended = once(socket, "close").then(() => Promise.reject(new Silence(patience)));
  await Promise.race([once(socket, "data"), ended]);
}

const found = (detail: string): Found => ({ stage: "http", detail: `WebSocket: ${detail}` });
