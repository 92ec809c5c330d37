import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { countBytes } from "../../../test/support/counted-bytes.js";
import { HeldClient, type Spoken } from "./held-client.js";

/** A ClientHello of so many octets, most of them in an extension that nobody knows, in records of `size`. */
function hello(length: number, size: number): Buffer {
  const filling = length - 51;
  const body = Buffer.concat([
    Buffer.alloc(34, 3),
    Buffer.of(0, 0, 2, 0x13, 1, 1, 0),
    Buffer.of((filling + 4) >> 8, (filling + 4) & 255, 0xfa, 0xfa, filling >> 8, filling & 255),
    Buffer.alloc(filling),
  ]);
  const message = Buffer.concat([Buffer.of(1, 0, body.length >> 8, body.length & 255), body]);
  expect(message).toHaveLength(length);
  const records: Buffer[] = [];
  for (let at = 0; at < length; at += size) {
    const part = message.subarray(at, at + size);
    records.push(Buffer.of(22, 3, 1, part.length >> 8, part.length & 255), part);
  }
  return Buffer.concat(records);
}

async function hold(bytes: Buffer, piece: number): Promise<{ readonly spoken: Spoken; readonly work: number }> {
  const socket = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  let spoken: Spoken = "silent";
  const work = await countBytes(async () => {
    const held = new HeldClient(socket as unknown as Socket);
    const judged = held.spoken(60_000, new AbortController().signal).then((what) => (spoken = what));
    for (let at = 0; at < bytes.length; at += piece) {
      socket.push(bytes.subarray(at, at + piece));
      await turn();
    }
    await judged;
    held.release();
  });
  const back: unknown = socket.read();
  expect(Buffer.isBuffer(back) && back.equals(bytes)).toBe(true);
  return { spoken, work };
}

const nameless = { servername: undefined, alpn: undefined };

test.each([
  ["byte by byte", 4000, 4000, 1],
  ["in records of one byte each", 2000, 1, 1],
  ["in records of one byte each, of which many come at once", 2000, 1, 100],
])("a ClientHello that comes %s costs in proportion to its length", async (_, length, size, piece) => {
  const once = await hold(hello(length, size), piece);
  const twice = await hold(hello(2 * length, size), piece);
  expect([once.spoken, twice.spoken]).toEqual([nameless, nameless]);
  expect(twice.work / once.work).toBeLessThan(2.5);
});

test("the largest ClientHello that there is passes in small records", async () => {
  const { spoken, work } = await hold(hello(65_536, 20), 16);
  expect(spoken).toEqual(nameless);
  expect(work).toBeLessThan(20 * 65_536);
});

test("a ClientHello in more records than any client makes of one is refused, and not waited for", async () => {
  expect((await hold(hello(4096, 1), 4096)).spoken).toEqual(nameless);
  expect((await hold(hello(4097, 1), 4096)).spoken).toBe("malformed");
});
