import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { countBytes } from "../../test/support/counted-bytes.js";
import { ByteReader } from "./byte-reader.js";
import { openTunnel } from "./tunnel.js";
import { challengeSchemes } from "./login/faults.js";
import { LoginAttempt } from "./login/login-attempt.js";
import { loginSchemes } from "../policy/types.js";

/** A connection whose peer sends these pieces, each read before the next one comes. */
function peer(): { readonly socket: Socket; send(pieces: Iterable<Buffer>): Promise<void> } {
  const socket = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  return {
    socket: socket as unknown as Socket,
    async send(pieces) {
      for (const piece of pieces) {
        if (socket.destroyed) return;
        socket.push(piece);
        await turn();
      }
    },
  };
}

const endpoint = { hop: "proxy", host: "proxy.test", port: 3128 } as const;

function openThrough(socket: Socket): Promise<unknown> {
  return openTunnel(socket, {
    proxy: endpoint,
    target: { host: "api.test", port: 443 },
    login: undefined,
    attempt: new LoginAttempt(
      { allowed: loginSchemes, credentials: undefined },
      {},
      { proxy: endpoint, service: "HTTP/proxy.test", binding: () => undefined, now: () => 0 },
    ),
    ms: 60_000,
    signal: undefined,
  });
}

const octets = function* (text: string): Generator<Buffer> {
  for (const character of text) yield Buffer.from(character, "latin1");
};

async function workOfAnswer(answer: string, pieces: (text: string) => Iterable<Buffer>): Promise<number> {
  const { socket, send } = peer();
  let status: unknown;
  const work = await countBytes(async () => {
    const opened = openThrough(socket).then((head) => (status = head));
    await send(pieces(answer));
    await opened;
  });
  expect(status).toMatchObject({ status: 200 });
  return work;
}

test("an answer to CONNECT that comes byte by byte costs in proportion to its length", async () => {
  const answer = (length: number) => `HTTP/1.1 200 OK\r\nX: ${"x".repeat(length)}\r\n\r\n`;
  const [once, twice] = [await workOfAnswer(answer(4000), octets), await workOfAnswer(answer(8000), octets)];
  expect(twice / once).toBeLessThan(2.5);
});

test("so do interim answers, however many come at once", async () => {
  const answer = (count: number) => `${"HTTP/1.1 100\r\n\r\n".repeat(count)}HTTP/1.1 200 OK\r\n\r\n`;
  const atOnce = (text: string) => [Buffer.from(text)];
  const [once, twice] = [await workOfAnswer(answer(1000), atOnce), await workOfAnswer(answer(2000), atOnce)];
  expect(twice / once).toBeLessThan(2.5);
});

test("and what a SOCKS proxy sends", async () => {
  const workOf = async (length: number): Promise<number> => {
    const { socket, send } = peer();
    const reader = new ByteReader(socket, () => new Error("closed"));
    const work = await countBytes(async () => {
      const read = reader.read(length);
      await send(octets("x".repeat(length)));
      expect(await read).toHaveLength(length);
    });
    reader.release();
    return work;
  };
  expect((await workOf(8000)) / (await workOf(4000))).toBeLessThan(2.5);
});

/** Quadratic time would take minutes for these. */
const long = 1_000_000;

test("a challenge of quotes that are never closed is read as quickly as any other", () => {
  expect(challengeSchemes(`Basic realm=${'"\\'.repeat(long)}\u0001`)).toEqual(["Basic"]);
  expect(challengeSchemes(`Basic realm=${'\\"'.repeat(long)}, NTLM\\`)).toEqual(["Basic"]);
});
