import net from "node:net";
import tls from "node:tls";
import { beforeEach, expect, test } from "vitest";
import { Above } from "./above.js";
import { makeEntrances } from "./entrances.js";
import type { Joined } from "./types.js";

const peer = { host: "api.test", port: 443 };
const { connect } = net.Socket.prototype;
const functions = { connect: net.connect, createConnection: net.createConnection };
const { connect: connectTls } = tls;

let above: Above;
beforeEach(() => {
  above = new Above();
  above.install(
    makeEntrances({ isLeftAlone: () => false }, () => undefined),
    () => false,
  );
  return () => {
    net.Socket.prototype.connect = connect;
    Object.assign(net, functions);
    tls.connect = connectTls;
  };
});
type Connect = typeof connect;

/** Puts a function in the place of the method, as a mock or an instrument does. */
function stand(make: (next: Connect) => (this: net.Socket, ...given: never[]) => net.Socket): void {
  net.Socket.prototype.connect = make(net.Socket.prototype.connect);
}

const watch = (seen: unknown[]): void =>
  stand(
    (next) =>
      function (this: net.Socket, ...given) {
        seen.push(given.length);
        return Reflect.apply(next, this, given) as net.Socket;
      },
  );

function ask(dialled: string[]): Promise<Joined> {
  return above.ask(peer, {
    lookup: undefined,
    open: (options) => net.connect({ ...peer, ...options }),
    dial: async () => {
      dialled.push("dialled");
      return { socket: new net.Socket(), explain: (error) => error };
    },
    signal: new AbortController().signal,
  });
}

test("nobody is asked while nobody stands there", () => {
  expect(above.mustAsk(peer)).toBe(false);
});

test("who only watches sees one connection to each host, and the policy opens it", async () => {
  const seen: unknown[] = [];
  watch(seen);
  expect(above.mustAsk(peer)).toBe(true);
  const dialled: string[] = [];
  await ask(dialled);
  expect({ dialled, seen: seen.length }).toEqual({ dialled: ["dialled"], seen: 1 });
  expect(above.mustAsk(peer)).toBe(false);
  expect(above.mustAsk({ ...peer, host: "other.test" })).toBe(true);
});

test("whoever comes later is asked anew about hosts that were let through", async () => {
  watch([]);
  await ask([]);
  watch([]);
  expect(above.mustAsk(peer)).toBe(true);
});

test("who replaces a function of node:net or node:tls is noticed as well", () => {
  const { connect: original } = tls;
  tls.connect = ((...given: Parameters<typeof original>) => original(...given)) as typeof original;
  try {
    expect(above.mustAsk(peer)).toBe(true);
  } finally {
    tls.connect = original;
  }
});

test("who fails a connection fails the program's, and nothing is dialled", async () => {
  stand(
    () =>
      function (this: net.Socket) {
        return this.destroy(new Error("mocked"));
      },
  );
  const dialled: string[] = [];
  await expect(ask(dialled)).rejects.toThrow("mocked");
  expect(dialled).toEqual([]);
});

test("who answers later is heard, and who lets it through later is obeyed", async () => {
  const held: (() => void)[] = [];
  stand(
    (next) =>
      function (this: net.Socket, ...given) {
        held.push(() => Reflect.apply(next, new net.Socket(), given));
        return this;
      },
  );
  const dialled: string[] = [];
  const asked = ask(dialled);
  expect(dialled).toEqual([]);
  for (const release of held) release();
  await asked;
  expect(dialled).toEqual(["dialled"]);
  // It may answer the next one.
  expect(above.mustAsk(peer)).toBe(true);
});
