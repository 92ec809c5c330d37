import { afterEach, expect, it } from "vitest";
import type { System } from "../../base/system.js";
import { createSystem, readEnvironment } from "../../env/index.js";
import { resolvePolicy, type PolicyOptions } from "../../policy/index.js";
import { createRouter, type Router } from "../router.js";
import type { Route } from "../types.js";
import type { PacFiles } from "../router-options.js";
import type { PacDownload } from "./source.js";

const pac = "http://wpad.corp.example/proxy.pac";
const script = (answer: string): PacDownload => ({
  text: `function FindProxyForURL() { return "${answer}"; }`,
  marks: {},
});
const url = "https://x.example/";
const ways = (route: Route): string[] =>
  [route, ...(route.others ?? [])].map(({ hops: [hop] }) => (hop === undefined ? "direct" : `${hop.host}:${hop.port}`));

/** A PAC file, as it can be had at the moment, and who asked for it. */
class Laptop {
  pac: () => Promise<PacDownload> = () => Promise.resolve(script("PROXY office:1"));
  asked = 0;
  ms = 1000;
  names: readonly string[] = ["10.0.0.9"];
  readonly files: PacFiles = new Map();
  /** The proxies that were asked for, and those that would answer. */
  readonly probed: string[] = [];
  readonly there = new Set<string>();
  #router: Router;

  constructor(options: PolicyOptions = {}) {
    const system: System = {
      ...createSystem(),
      monotonic: () => this.ms,
      lookup: () => Promise.resolve(this.names.map((address) => ({ address, family: 4 as const }))),
    };
    this.#router = createRouter(resolvePolicy(readEnvironment({ variables: {} }), { pac, ...options }), {
      system,
      files: this.files,
      probe: ({ host, port }) => {
        this.probed.push(`${host}:${port}`);
        return Promise.resolve(this.there.has(`${host}:${port}`));
      },
      fetch: () => {
        this.asked++;
        return this.pac();
      },
    });
    laptops.push(this);
  }

  /** Carried into a network where the file says so; undefined: where it cannot be had. */
  move(answer?: string | PacDownload): void {
    const unreachable = (): Promise<PacDownload> => Promise.reject(new Error("EHOSTUNREACH"));
    this.pac =
      answer === undefined ? unreachable : () => Promise.resolve(typeof answer === "string" ? script(answer) : answer);
    this.#router = this.#router.elsewhere();
  }

  route = async (): Promise<Route> => this.#router.route(url);
  ways = async (): Promise<string[]> => ways(await this.route());
  setAside = async (isSilent?: boolean): Promise<void> => {
    const [proxy] = (await this.route()).hops;
    if (proxy !== undefined) this.#router.setAside(proxy, isSilent);
  };
}

const laptops: Laptop[] = [];
afterEach(() => {
  for (const { files } of laptops.splice(0)) for (const source of files.values()) source.sandbox().close();
});

it("in another network the PAC file is asked for again before anything goes by it, however fresh it is", async () => {
  const laptop = new Laptop();
  expect([await laptop.ways(), await laptop.ways()]).toEqual([["office:1"], ["office:1"]]);
  expect(laptop.asked).toBe(1);
  laptop.move("DIRECT");
  expect(await laptop.ways()).toEqual(["direct"]);
  laptop.move("PROXY vpn:2");
  expect([await laptop.ways(), await laptop.ways()]).toEqual([["vpn:2"], ["vpn:2"]]);
  expect(laptop.asked).toBe(3);
});

it("a file that cannot be had for a moment leaves the last good one in use, and is asked for again soon", async () => {
  const laptop = new Laptop();
  await laptop.ways();
  laptop.move();
  const meanwhile = await laptop.route();
  expect(ways(meanwhile)).toEqual(["office:1"]);
  expect(meanwhile.reason).toContain("(an older copy, since now PAC_UNREACHABLE)");
  await laptop.ways();
  expect(laptop.asked).toBe(2);
  laptop.pac = () => Promise.resolve(script("PROXY branch:3"));
  laptop.ms += 2001;
  // Begins to look for it, and does not wait: there is a copy.
  expect(await laptop.ways()).toEqual(["office:1"]);
  await expect.poll(laptop.ways, { timeout: 10_000 }).toEqual(["branch:3"]);
  expect(laptop.asked).toBe(3);
});

it("where the settings say to be direct without the file, what it said elsewhere is tried first, and direct last", async () => {
  const laptop = new Laptop({ pacFallback: "direct" });
  laptop.there.add("office:1");
  await laptop.ways();
  laptop.move();
  expect(await laptop.ways()).toEqual(["office:1", "direct"]);
  // Nobody is there.
  await laptop.setAside();
  expect(await laptop.ways()).toEqual(["direct", "office:1"]);
  laptop.move("PROXY office:1");
  expect(await laptop.ways()).toEqual(["office:1"]);
});

it("who waits for the file when the machine moves gets what it says in the other network", async () => {
  const laptop = new Laptop();
  let answer: (said: PacDownload) => void = () => undefined;
  laptop.pac = () => new Promise((resolve) => (answer = resolve));
  const waiting = laptop.ways();
  await expect.poll(() => laptop.asked).toBe(1);
  laptop.move("PROXY home:4");
  answer(script("PROXY office:1"));
  expect([await waiting, await laptop.ways()]).toEqual([["home:4"], ["home:4"]]);
});

it("neither proxies that were set aside nor names that were looked up count in another network", async () => {
  const laptop = new Laptop();
  const byName = `function FindProxyForURL() { return "PROXY at-" + dnsResolve("x") + ".x:1; PROXY b:2"; }`;
  laptop.pac = () => Promise.resolve({ text: byName, marks: {} });
  expect(await laptop.ways()).toEqual(["at-10.0.0.9.x:1", "b:2"]);
  await laptop.setAside();
  expect(await laptop.ways()).toEqual(["b:2", "at-10.0.0.9.x:1"]);
  laptop.names = ["192.168.0.9"];
  laptop.move({ text: byName, marks: {} });
  expect(await laptop.ways()).toEqual(["at-192.168.0.9.x:1", "b:2"]);
});

it("in another network each of several proxies is asked for once before anything goes by it, and comes last where it does not answer", async () => {
  const laptop = new Laptop();
  laptop.pac = () => Promise.resolve(script("PROXY lost:1; PROXY spare:2"));
  laptop.there.add("spare:2");
  expect(await laptop.ways()).toEqual(["lost:1", "spare:2"]);
  expect(laptop.probed).toEqual([]);
  laptop.move("PROXY lost:1; PROXY spare:2; DIRECT");
  const all = await Promise.all([laptop.ways(), laptop.ways(), laptop.ways()]);
  expect(new Set(all.map(String))).toEqual(new Set(["spare:2,direct,lost:1"]));
  expect(await laptop.ways()).toEqual(["spare:2", "direct", "lost:1"]);
  expect(laptop.probed).toEqual(["lost:1", "spare:2"]);
  // Where there is no other way there is nothing to find out.
  laptop.move("PROXY lost:1");
  expect(await laptop.ways()).toEqual(["lost:1"]);
  expect(laptop.probed).toHaveLength(2);
});

it("a proxy that cannot be connected to stays behind the others until somebody answers there, which whoever comes next asks without waiting", async () => {
  const laptop = new Laptop();
  laptop.pac = () => Promise.resolve(script("PROXY lost:1; PROXY spare:2"));
  await laptop.setAside(true);
  expect(await laptop.ways()).toEqual(["spare:2", "lost:1"]);
  expect(laptop.probed).toEqual([]);
  for (const seconds of [10, 100]) {
    laptop.ms += seconds * 1000;
    expect(await laptop.ways()).toEqual(["spare:2", "lost:1"]);
  }
  expect(laptop.probed).toEqual(["lost:1", "lost:1"]);
  laptop.there.add("lost:1");
  laptop.ms += 10_000;
  expect(await laptop.ways()).toEqual(["spare:2", "lost:1"]);
  expect(await laptop.ways()).toEqual(["lost:1", "spare:2"]);
  expect(laptop.probed).toHaveLength(3);
  // One that answers, and cannot be used all the same, would answer at once.
  await laptop.setAside(false);
  laptop.ms += 59_000;
  expect(await laptop.ways()).toEqual(["spare:2", "lost:1"]);
  laptop.ms += 1000;
  expect(await laptop.ways()).toEqual(["lost:1", "spare:2"]);
  expect(laptop.probed).toHaveLength(3);
});
