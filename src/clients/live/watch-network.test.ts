import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { NetworkView, System } from "../../base/system.js";
import { connectionFault, dial } from "../../dial/index.js";
import { testContext } from "../../dial/testing/context.js";
import { createSystem } from "../../env/index.js";
import { watchNetwork } from "./watch-network.js";

const watches: (() => void)[] = [];

/** A machine that is carried about; its clocks go as the test's timers do, and jump where it sleeps. */
class Laptop {
  readonly system: System;
  readonly #told: string[] = [];
  view: NetworkView = network("office", "10.0.0.5");
  looks = 0;
  asleep = 0;

  constructor() {
    const begin = Date.now();
    this.system = createSystem({
      network: () =>
        Promise.resolve(() => {
          this.looks++;
          return this.view;
        }),
      now: () => Date.now() + this.asleep,
      monotonic: () => Date.now() - begin,
    });
  }

  /** Ends with the test, if it is not ended before. */
  async watched(): Promise<() => void> {
    const stop = await watchNetwork(this.system, () => {
      this.#told.push(this.view.mark);
      return Promise.resolve();
    });
    watches.push(stop);
    return stop;
  }

  /** All that it has told at the end of so many milliseconds more. */
  async toldAfter(ms: number): Promise<readonly string[]> {
    await pass(ms);
    return this.#told;
  }
}

function network(mark: string, ...addresses: readonly string[]): NetworkView {
  return { mark, isOffline: addresses.length === 0, addresses: new Set(["127.0.0.1", ...addresses]) };
}

const home = network("home", "192.168.0.23");
const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] }));
afterEach(() => {
  for (const stop of watches.splice(0)) stop();
  vi.useRealTimers();
});

describe("a machine that moves", () => {
  it("is noticed within two seconds, and told once", async () => {
    const laptop = new Laptop();
    await laptop.watched();
    expect(await laptop.toldAfter(60_000)).toEqual([]);
    laptop.view = home;
    expect(await laptop.toldAfter(2000)).toEqual(["home"]);
    expect(await laptop.toldAfter(60_000)).toEqual(["home"]);
  });

  it("is told when two looks in a row have seen the same, not at each step on the way", async () => {
    const laptop = new Laptop();
    await laptop.watched();
    for (const step of ["address", "address, route"]) {
      laptop.view = network(step, "192.168.0.23");
      await pass(laptop.looks === 1 ? 1500 : 400);
    }
    laptop.view = home;
    expect(await laptop.toldAfter(2000)).toEqual(["home"]);
  });

  it("is not told of what is over before a second look", async () => {
    const laptop = new Laptop();
    await laptop.watched();
    const { view: office } = laptop;
    laptop.view = home;
    await pass(1500);
    laptop.view = office;
    expect(await laptop.toldAfter(60_000)).toEqual([]);
  });

  it("is told nothing while it is in no network, and in the next one even where that looks like the last", async () => {
    const laptop = new Laptop();
    await laptop.watched();
    const { view: office } = laptop;
    laptop.view = network("");
    expect(await laptop.toldAfter(60_000)).toEqual([]);
    laptop.view = office;
    expect(await laptop.toldAfter(2000)).toEqual(["office"]);
  });

  it("is told after it slept, wherever it seems to be", async () => {
    const laptop = new Laptop();
    await laptop.watched();
    laptop.asleep = 3_600_000;
    expect(await laptop.toldAfter(2000)).toEqual(["office"]);
    expect(await laptop.toldAfter(60_000)).toEqual(["office"]);
  });

  it("is looked at once for all who ask, and not at all once nobody does", async () => {
    const laptop = new Laptop();
    const stops = [await laptop.watched(), await laptop.watched(), await laptop.watched()];
    await pass(15_000);
    expect(laptop.looks).toBe(11);
    laptop.view = home;
    expect(await laptop.toldAfter(2000)).toEqual(["home", "home", "home"]);
    for (const stop of stops) stop();
    const { looks } = laptop;
    await pass(60_000);
    expect(laptop.looks).toBe(looks);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("its open connections", () => {
  /** Both ends of a connection, whose near end begins at this address. */
  async function connected(address: string): Promise<Socket> {
    const server = createServer((socket) => void socket.on("error", () => undefined).resume());
    server.listen(0, address);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const { socket } = await dial(testContext(), { protocol: "tcp:", host: address, port });
    socket.on("error", () => undefined).once("close", () => server.close());
    return socket;
  }

  it("end with a fault where they began at an address that it no longer has, after all who follow it know, and others go on", async () => {
    const laptop = new Laptop();
    laptop.view = network("office", "::1");
    const order: string[] = [];
    const stop = await watchNetwork(laptop.system, async () => {
      await Promise.resolve();
      order.push("told");
    });
    const [gone, stays] = [await connected("::1"), await connected("127.0.0.1")];
    const probes = vi.spyOn(stays, "setKeepAlive");
    gone.once("close", () => order.push("closed"));
    await pass(1500);
    expect(order).toEqual([]);
    laptop.view = home;
    await pass(2000);
    await vi.waitFor(() => expect(order).toEqual(["told", "closed"]));
    expect(connectionFault(gone)).toMatchObject({
      code: "TCP_RESET",
      hop: "local",
      message: `this machine has left the network of this connection: it no longer has the address ::1`,
    });
    expect(stays.destroyed).toBe(false);
    // Whether it has lost its way is for the kernel to find out, quickly, and then as seldom as before.
    expect(probes.mock.calls).toEqual([[true, 1000]]);
    await pass(15_000);
    expect(probes.mock.lastCall).toEqual([true, 30_000]);
    stays.destroy();
    stop();
  });
});
